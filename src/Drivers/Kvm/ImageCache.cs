using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;

namespace IaaS.Drivers.Kvm;

/// <summary>
/// Images that volumes are overlays of, one file for each in <c>images/</c>. A file appears under its name only when it is whole and
/// has been looked at. It is a copy: what happens to the original afterwards does not reach the volumes.
/// </summary>
public sealed class ImageCache(KvmOptions options, TimeProvider time) : IDisposable
{
    private readonly HostCommand command = new(time);
    private readonly ConcurrentDictionary<string, SemaphoreSlim> fetching = new(StringComparer.Ordinal);
    private readonly HttpClient http = new() { Timeout = Timeout.InfiniteTimeSpan };

    public void Dispose() => http.Dispose();

    /// <param name="folder">Of the storage.</param>
    /// <param name="location">An absolute path, an http(s) URL, or this storage itself.</param>
    internal async Task<(QemuImage? Image, Outcome? Trouble)> EnsureAsync(string folder, string imageId, string location, CancellationToken ct)
    {
        if (imageId.Length == 0 || imageId.Contains('/', StringComparison.Ordinal) || imageId.StartsWith('.'))
            return (null, Outcome.Fail("image.bad-id", $"'{imageId}' cannot name an image."));
        var image = Path.Combine(folder, "images", imageId);
        var one = fetching.GetOrAdd(image, static _ => new SemaphoreSlim(1));
        await one.WaitAsync(ct);
        try
        {
            if (File.Exists(image)) return await QemuImage.InspectAsync(command, image, options.CommandLimit, ct);
            Directory.CreateDirectory(Path.GetDirectoryName(image)!);
            // The same name each time: what a crash left of an earlier attempt is overwritten.
            return await FetchAsync(image, string.Create(CultureInfo.InvariantCulture, $"{image}.part"), ImageOnStorage.Is(location) ? Path.GetFullPath(DiskFiles.OfImage(folder, imageId)) : location, ct);
        }
        finally
        {
            one.Release();
        }
    }

    private async Task<(QemuImage? Image, Outcome? Trouble)> FetchAsync(string image, string part, string location, CancellationToken ct)
    {
        try
        {
            var trouble = Path.IsPathRooted(location) ? await CopyAsync(location, part, ct) : await DownloadAsync(location, part, ct);
            if (trouble is not null) return (null, trouble);
            var (found, wrong) = await QemuImage.InspectAsync(command, part, options.CommandLimit, ct);
            if (found is null) return (null, wrong);
            // An image that names other files would make the host read them for a tenant.
            if (found.RefersToOtherFiles) return (null, Outcome.Fail("image.refers-to-files", $"{location} refers to other files; flatten it first."));
            File.Move(part, image, overwrite: true);
            return (found with { Path = image }, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, Outcome.Fail("storage.failed", $"keep {location}: {e.Message}", retry: true));
        }
        finally
        {
            File.Delete(part);
        }
    }

    private async Task<Outcome?> CopyAsync(string path, string part, CancellationToken ct)
    {
        if (!File.Exists(path)) return Outcome.Fail("image.not-found", $"{path} is not on this host.");
        var ran = await command.RunAsync("cp", ["--reflink=auto", "--sparse=auto", "--", path, part], options.FetchLimit, ct);
        return ran.Ok ? null : Outcome.Fail("storage.failed", $"copy {path}: {ran.Said}", retry: true);
    }

    private async Task<Outcome?> DownloadAsync(string location, string part, CancellationToken ct)
    {
        if (!Uri.TryCreate(location, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            return Outcome.Fail("image.bad-location", $"'{location}' is neither an absolute path nor an http(s) URL.");

        using var late = new CancellationTokenSource(options.FetchLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, ct);
        try
        {
            using var response = await http.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
                return Outcome.Fail("image.not-found", $"{location} answers {(int)response.StatusCode}.");
            response.EnsureSuccessStatusCode();
            await using var file = File.Create(part);
            await response.Content.CopyToAsync(file, either.Token);
            return null;
        }
        catch (HttpRequestException e)
        {
            return Outcome.Fail("image.unreachable", $"{location}: {e.Message}", retry: true);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            return Outcome.Fail("image.unreachable", $"{location} took longer than {options.FetchLimit}.", retry: true);
        }
    }
}
