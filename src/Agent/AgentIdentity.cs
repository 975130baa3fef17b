using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using IaaS.Agent.Contract;
using IaaS.Domain.Host;
using IaaS.Drivers;

namespace IaaS.Agent;

/// <summary>Who the agent is, given by the control plane once and kept in the data folder, readable by its owner alone.</summary>
public sealed record AgentIdentity(string HostId, string Secret, string GrpcUrl)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public HostId Host => Domain.Host.HostId.Of(HostId);

    public static string PathIn(string dataFolder) => Path.Combine(dataFolder, "identity.json");

    /// <summary>The identity that is kept; null before the first enrolment.</summary>
    public static async Task<AgentIdentity?> LoadAsync(string dataFolder, CancellationToken ct)
    {
        if (!File.Exists(PathIn(dataFolder))) return null;
        await using var file = File.OpenRead(PathIn(dataFolder));
        return await JsonSerializer.DeserializeAsync<AgentIdentity>(file, Json, ct);
    }

    /// <summary>Joins the control plane with a token and keeps what it answers.</summary>
    /// <exception cref="EnrolmentRefusedException">The control plane does not want this host, or this token.</exception>
    /// <exception cref="HttpRequestException">It could not be reached, or had a failure of its own: try again.</exception>
    public static async Task<AgentIdentity> EnrollAsync(AgentOptions options, HostFacts facts, HttpClient http, CancellationToken ct)
    {
        var request = new EnrollRequest(
            options.Token ?? throw new EnrolmentRefusedException("This agent has not enrolled yet: give it a --token."),
            options.Name,
            new EnrollFacts(facts.Cpus, facts.Memory.Value, facts.Hypervisor));
        using var response = await http.PostAsJsonAsync(new Uri(options.ControlPlane, "v1/agents/enroll"), request, Json, ct);
        if ((int)response.StatusCode is >= 400 and < 500 and not (int)HttpStatusCode.TooManyRequests)
        {
            throw new EnrolmentRefusedException(
                $"The control plane refused to enrol this host ({(int)response.StatusCode}): {await response.Content.ReadAsStringAsync(ct)}");
        }

        response.EnsureSuccessStatusCode();
        var answer = await response.Content.ReadFromJsonAsync<EnrollResponse>(Json, ct)
            ?? throw new HttpRequestException("The control plane answered the enrolment with nothing.");
        var identity = new AgentIdentity(answer.HostId, answer.Secret, answer.GrpcUrl);
        identity.Save(options.DataFolder);
        return identity;
    }

    /// <summary>Where to dial.</summary>
    public Uri GrpcAddress(Uri controlPlane) => GrpcUrl.Length > 0 ? new Uri(GrpcUrl) : controlPlane;

    private void Save(string dataFolder)
    {
        Directory.CreateDirectory(dataFolder);
        var part = PathIn(dataFolder) + ".part";
        var mode = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) mode.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(part, mode))
        {
            JsonSerializer.Serialize(file, this, Json);
            file.Flush(flushToDisk: true);
        }

        File.Move(part, PathIn(dataFolder), overwrite: true);
    }
}

/// <summary>A person must do something about it: trying again does not help.</summary>
public sealed class EnrolmentRefusedException(string message) : Exception(message);
