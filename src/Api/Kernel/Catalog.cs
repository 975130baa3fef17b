using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query;

namespace IaaS.Api.Kernel;

/// <summary>Looks up what a request refers to, in memory.</summary>
public static class Catalog
{
    extension(HttpContext http)
    {
        /// <summary>The row with an id, or a refusal that says that there is none.</summary>
        public Answer<TView> Need<TView>(string id) where TView : class, IView<TView> =>
            http.RequestServices.GetRequiredService<LiveTable<TView>>().Find(id) is { } row
                ? row
                : new Rejection(RejectionKind.NotFound, $"{TView.Type.Name}.not-found", $"There is no {TView.Type.Name} '{id}'.");

        public string NewId(string kind) => http.RequestServices.GetRequiredService<Commands.Kernel.IIds>().New(kind);
    }
}
