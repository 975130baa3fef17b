using System.Buffers;
using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace IaaS.Benchmarks;

/// <summary>
/// One HTTP/1.1 connection with nothing around it. It shares the machine with what it measures, and the usual client would take as much of
/// it as a third of a VM.
/// </summary>
internal sealed class LightClient : IDisposable
{
    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly string head;
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(8 << 10);
    private int filled;

    private LightClient(Uri url, string token) => head = $" HTTP/1.1\r\nHost: {url.Authority}\r\nAuthorization: Bearer {token}\r\n";

    public static async Task<LightClient> ConnectAsync(Uri url, string token)
    {
        var client = new LightClient(url, token);
        await client.socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, url.Port));
        return client;
    }

    public async Task<Answer> SendAsync(string method, string path, string? json = null)
    {
        var request = Encoding.UTF8.GetBytes(json is null
            ? $"{method} {path}{head}Content-Length: 0\r\n\r\n"
            : $"{method} {path}{head}Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}");
        for (var sent = 0; sent < request.Length;) sent += await socket.SendAsync(request.AsMemory(sent));
        filled = 0;
        while (true)
        {
            if (Whole() is { } answer) return answer;
            if (filled == buffer.Length)
            {
                var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                buffer.AsSpan(0, filled).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }

            var read = await socket.ReceiveAsync(buffer.AsMemory(filled));
            if (read == 0) throw new IOException($"{method} {path}: the server closed the connection.");
            filled += read;
        }
    }

    public void Dispose()
    {
        socket.Dispose();
        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>The answer, once all of it is there.</summary>
    private Answer? Whole()
    {
        var all = buffer.AsSpan(0, filled);
        var end = all.IndexOf("\r\n\r\n"u8);
        if (end < 0) return null;
        ReadOnlySpan<byte> header = all[..end];
        ReadOnlySpan<byte> body = all[(end + 4)..];
        var status = ((header[9] - '0') * 100) + ((header[10] - '0') * 10) + (header[11] - '0');
        if (Value(header, "\r\nContent-Length: "u8) is { IsEmpty: false } length)
        {
            _ = Utf8Parser.TryParse(length, out int bytes, out _);
            return body.Length < bytes ? null : new Answer(status, Position(header), body[..bytes].ToArray());
        }

        if (Value(header, "\r\nTransfer-Encoding: "u8).IsEmpty) return new Answer(status, Position(header), []);
        var whole = new ArrayBufferWriter<byte>(Math.Max(16, body.Length));
        while (true)
        {
            var line = body.IndexOf("\r\n"u8);
            if (line < 0 || !Utf8Parser.TryParse(body[..line], out int size, out _, 'x') || body.Length < line + size + 4) return null;
            if (size == 0) return new Answer(status, Position(header), whole.WrittenSpan.ToArray());
            whole.Write(body.Slice(line + 2, size));
            body = body[(line + size + 4)..];
        }
    }

    private static long Position(ReadOnlySpan<byte> header) =>
        Utf8Parser.TryParse(Value(header, "\r\nIaaS-Position: "u8), out long position, out _) ? position : 0;

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> header, ReadOnlySpan<byte> name)
    {
        var at = header.IndexOf(name);
        if (at < 0) return [];
        var rest = header[(at + name.Length)..];
        var end = rest.IndexOf("\r\n"u8);
        return end < 0 ? rest : rest[..end];
    }
}

/// <param name="Position">That the answer named; 0 for none.</param>
internal sealed record Answer(int Status, long Position, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}
