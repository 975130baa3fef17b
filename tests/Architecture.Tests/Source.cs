using IaaS.Tests;

namespace IaaS.Architecture.Tests;

/// <summary>The repository's own source text.</summary>
internal static class Source
{
    public static string Root => Repository.Root;

    /// <summary>Path from the root, and text, of each C# file below a folder; nothing that a build made.</summary>
    public static IEnumerable<(string Path, string Text)> Files(string folder) =>
        from file in Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        let path = Path.GetRelativePath(Root, file)
        where !path.Split(Path.DirectorySeparatorChar).Any(p => p is "obj" or "bin" or "artifacts")
        orderby path
        select (path, File.ReadAllText(file));
}
