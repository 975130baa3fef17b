namespace IaaS.Tests;

/// <summary>
/// Where the repository is: the folder of IaaS.sln above the running test. Not asked of [CallerFilePath], which a
/// deterministic build (CI set) answers with a path that is on no disk.
/// </summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "IaaS.sln"))) folder = folder.Parent ?? throw new DirectoryNotFoundException("No IaaS.sln above the tests.");
        return folder.FullName;
    }
}
