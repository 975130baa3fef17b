using IaaS.Domain.Kernel;

namespace IaaS.Domain.Project;

/// <summary>Whose something is, and how much of it they may have.</summary>
public readonly record struct ProjectId(string Value) : IResourceId<ProjectId>
{
    public static string Kind => "project";
    public static ProjectId Of(string value) => new(value);
    public override string ToString() => Value;
}
