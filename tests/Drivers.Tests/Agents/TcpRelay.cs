using System.Net;
using System.Net.Sockets;

namespace IaaS.Drivers.Tests.Agents;

/// <summary>A wire between agent and control plane that can be cut.</summary>
internal sealed class TcpRelay : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource closing = new();
    private readonly Lock gate = new();
    private readonly List<TcpClient> wires = [];
    private readonly int target;
    private bool cut;

    public TcpRelay(int target)
    {
        this.target = target;
        listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Cut()
    {
        lock (gate)
        {
            cut = true;
            foreach (var wire in wires) wire.Dispose();
            wires.Clear();
        }
    }

    public void Mend()
    {
        lock (gate) cut = false;
    }

    public void Dispose()
    {
        closing.Cancel();
        listener.Dispose();
        Cut();
        closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!closing.IsCancellationRequested)
        {
            var near = await listener.AcceptTcpClientAsync(closing.Token);
            var far = new TcpClient();
            lock (gate)
            {
                wires.AddRange([near, far]);
                if (cut)
                {
                    near.Dispose();
                    continue;
                }
            }

            await far.ConnectAsync(IPAddress.Loopback, target, closing.Token);
            _ = near.GetStream().CopyToAsync(far.GetStream(), closing.Token);
            _ = far.GetStream().CopyToAsync(near.GetStream(), closing.Token);
        }
    }
}
