using IaaS.Domain.Project;

namespace IaaS.Domain.Kernel;

/// <summary>An event that begins something that belongs to a project.</summary>
public interface IOwned
{
    ProjectId Project { get; }
}
