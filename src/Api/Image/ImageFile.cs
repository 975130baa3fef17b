using System.Buffers.Binary;
using IaaS.Domain.Kernel;
using IaaS.Projections.Query;

namespace IaaS.Api.Image;

/// <summary>Looks into an image before it is taken in: the earlier a file that is no image is found, the better.</summary>
public static class ImageFile
{
    private const int HeaderBytes = 72;
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    /// <summary>The virtual size in bytes, read from the image itself; null for a simulated one, whose size the caller says.</summary>
    public static async Task<Answer<Bytes?>> InspectAsync(string location, string format, CancellationToken ct)
    {
        if (location.StartsWith("simulator:", StringComparison.Ordinal)) return default(Bytes?);
        try
        {
            var (head, length) = location.StartsWith('/') ? await HeadOfFileAsync(location, ct) : await HeadOfUrlAsync(location, ct);
            if (string.Equals(format, "raw", StringComparison.Ordinal))
            {
                return length >= 512 ? new Bytes(length) : NotAnImage($"{location} has {length} bytes; no disk is that small.");
            }

            // The header of qcow2: magic "QFI\xfb", version 2 or 3, virtual size at byte 24.
            if (head.Length < HeaderBytes || BinaryPrimitives.ReadUInt32BigEndian(head) != 0x514649fb || BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(4)) is not (2 or 3))
                return NotAnImage($"{location} is no qcow2 image: it does not begin like one.");
            var size = BinaryPrimitives.ReadInt64BigEndian(head.AsSpan(24));
            return size > 0 ? new Bytes(size) : NotAnImage($"{location} says that it has {size} bytes.");
        }
        catch (Exception e) when (e is IOException or HttpRequestException or UnauthorizedAccessException or TaskCanceledException or UriFormatException or InvalidOperationException or NotSupportedException)
        {
            return new Rejection(RejectionKind.Invalid, "image.unreadable", $"{location} cannot be read: {e.Message}");
        }
    }

    private static Rejection NotAnImage(string why) => new(RejectionKind.Invalid, "image.not-an-image", why);

    private static async Task<(byte[] Head, long Length)> HeadOfFileAsync(string path, CancellationToken ct)
    {
        await using var file = File.OpenRead(path);
        return (await ReadAsync(file, ct), file.Length);
    }

    private static async Task<(byte[] Head, long Length)> HeadOfUrlAsync(string url, CancellationToken ct)
    {
        using var response = await Http.GetAsync(new Uri(url, UriKind.Absolute), HttpCompletionOption.ResponseHeadersRead, ct);
        response.EnsureSuccessStatusCode();
        await using var body = await response.Content.ReadAsStreamAsync(ct);
        return (await ReadAsync(body, ct), response.Content.Headers.ContentLength ?? 0);
    }

    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken ct)
    {
        var head = new byte[HeaderBytes];
        var read = await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, ct);
        return head[..read];
    }
}
