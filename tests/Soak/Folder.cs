namespace IaaS.Soak;

/// <summary>Where a run keeps what it leaves: the server's data folder, what the server said, and what was asked of it.</summary>
internal sealed class Folder
{
    private const UnixFileMode Walkable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>
    /// The simulator is slow, fails and loses answers. Its world ends with the server's process: what was before is taken to be there.
    /// </summary>
    private const string Simulator = """
        {
          "simulator": {
            "faults": {
              "*": { "delay": "00:00:00.002", "jitter": "00:00:00.150", "failProbability": 0.01, "loseAnswerProbability": 0.01 },
              "EnsureDisk": { "delay": "00:00:00.005", "jitter": "00:00:00.400", "failProbability": 0.03, "loseAnswerProbability": 0.02, "retry": false },
              "EnsureRunning": { "delay": "00:00:00.010", "jitter": "00:00:00.400", "failProbability": 0.03, "loseAnswerProbability": 0.03 },
              "EnsureStopped": { "delay": "00:00:00.010", "jitter": "00:00:00.600", "failProbability": 0.05, "loseAnswerProbability": 0.03, "retry": false },
              "EnsureRebooted": { "delay": "00:00:00.010", "jitter": "00:00:00.600", "failProbability": 0.05, "loseAnswerProbability": 0.05, "retry": false }
            }
          }
        }
        """;

    private Folder(string path) => Path = path;

    public string Path { get; }

    public string Data => In("data");

    public string DriverSettings => In("drivers.json");

    public string ServerLog => In("server.log");

    public string Asked => In("asked.jsonl");

    /// <exception cref="SoakFailedException">There is something in it already, which would be deleted at the end.</exception>
    public static Folder Make(string? path)
    {
        // Straight below the folder for temporary files: PostgreSQL's own user must be able to walk there.
        var folder = new Folder(path is null ? Directory.CreateTempSubdirectory("iaas-soak-").FullName : Directory.CreateDirectory(path).FullName);
        if (Directory.EnumerateFileSystemEntries(folder.Path).Any()) throw new SoakFailedException($"{folder.Path} is not empty. Name a folder that is.");
        File.SetUnixFileMode(folder.Path, Walkable);
        File.WriteAllText(folder.DriverSettings, Simulator);
        return folder;
    }

    public void Delete() => Directory.Delete(Path, recursive: true);

    private string In(string name) => System.IO.Path.Combine(Path, name);
}

/// <summary>The run cannot go on.</summary>
internal sealed class SoakFailedException(string why) : Exception(why);
