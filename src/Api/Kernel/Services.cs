using System.Reflection;
using FluentValidation;
using IaaS.Api.Cascade;
using IaaS.Commands.Cascade;
using IaaS.Commands.Kernel;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Pipeline;
using IaaS.Commands.Kernel.Snapshots;
using IaaS.Commands.Placement;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query;
using IaaS.Projections.Query.Past;
using IaaS.Projections.Query.Schema;
using IaaS.Projections.Rebuild;
using MediatR;
using Npgsql;

namespace IaaS.Api.Kernel;

/// <summary>Puts the parts together. It finds them by what they are; it does not list them.</summary>
public static class Services
{
    extension(IServiceCollection services)
    {
        /// <summary>The engine and its host: streams, operations, placement.</summary>
        public void AddEngine(IReadOnlyList<Assembly> parts, string node)
        {
            services.AddSingleton(TimeProvider.System);
            services.AddSingleton<IIds, TimeOrderedIds>();
            services.AddSingleton<IChance, SystemChance>();
            services.AddSingleton<IBackground, ThreadPoolBackground>();
            services.AddSingleton(new Node(node));
            services.AddSingleton<INodes, OnlyNode>();
            services.AddSingleton(new EventNames(parts));
            services.AddSingleton(new WorkflowCatalog(parts));
            services.AddSingleton<ICommitObserver, FeedFanOut>();
            services.AddSingleton<GroupCommit>();
            services.AddSingleton(s => new StreamKinds(parts, s.GetRequiredService<IEventStore>(), s.GetRequiredService<GroupCommit>(), TimeProvider.System, s.GetRequiredService<ISnapshots>()));
            services.AddSingleton(s => new StreamOwners(s.GetRequiredService<StreamKinds>()));
            services.AddSingleton<RequestPerformer>();
            services.AddSingleton<OperationEngine>();
            services.AddSingleton<IOpenOperations, ProjectedOpenOperations>();
            services.AddSingleton<CloudMap>();
            services.AddFound<IHostFilter>(parts);
            services.AddFound<IHostWeigher>(parts);
            services.AddFound<IChooser>(parts);
            services.AddFound<IPerformer>(parts);
            services.AddFound<ICascade>(parts);
            services.AddSingleton<IDependents, Dependents>();
            // Some requests are carried out by operations of their own.
            services.AddSingleton(s => new ChildOperations(s.GetRequiredService<OperationEngine>, s.GetRequiredService<IEventStore>(), TimeProvider.System));
        }

        /// <summary>The way in: authorise, validate, recognise a repeat, start.</summary>
        public void AddPipeline(IReadOnlyList<Assembly> parts)
        {
            services.AddSingleton<ServiceFactory>(s => s.GetService!);
            services.AddSingleton<IMediator>(s => new Mediator(s.GetRequiredService<ServiceFactory>()));
            services.AddSingleton<IRequestHandler<Submit, Submitted>, SubmitHandler>();
            // Behaviours run in this order.
            services.AddSingleton<IPipelineBehavior<Submit, Submitted>, AuthorizationBehavior>();
            services.AddSingleton<IPipelineBehavior<Submit, Submitted>, ValidationBehavior>();
            services.AddSingleton<IPipelineBehavior<Submit, Submitted>, IdempotencyBehavior>();
            services.AddFound<IValidator>(parts);
        }

        /// <summary>The read side: a table for each view, and a replica in memory of each small one.</summary>
        public void AddReadModels(IReadOnlyList<Assembly> parts, Type[] live)
        {
            var shapes = ViewShape.FindAll(parts);
            services.AddSingleton<IFeed, StoreFeed>();
            services.AddSingleton(s => new ViewTables(s.GetRequiredService<NpgsqlDataSource>(), shapes));
            services.AddSingleton(s =>
            {
                var log = s.GetRequiredService<ILogger<Projector>>();
                return new Projector(s.GetRequiredKeyedService<NpgsqlDataSource>(ProjectorDatabase.Key), s.GetRequiredService<ViewTables>(), s.GetRequiredService<IFeed>(), TimeProvider.System,
                    new ProjectorOptions { Pace = TimeSpan.FromMilliseconds(50), Share = 0.5, Retrying = e => Logs.Retrying(log, e), Stopped = v => Logs.ViewStopped(log, v.ToString()) });
            });
            services.AddSingleton<IHistories, StoreHistories>();
            services.AddSingleton(s => new QueryEngine(
                s.GetRequiredService<QueryDatabase>(), new QuerySchema(shapes, parts), s.GetRequiredService<IFeed>(), TimeProvider.System, s.GetRequiredService<QueryLimits>(),
                () => s.GetRequiredService<Projector>().Stale));
            services.AddSingleton(s =>
            {
                var log = s.GetRequiredService<ILogger<Rebuilder>>();
                return new Rebuilder(s.GetRequiredService<NpgsqlDataSource>(), s.GetRequiredService<ViewTables>(), s.GetRequiredService<IFeed>(), s.GetRequiredService<Projector>(), TimeProvider.System,
                    b =>
                    {
                        if (b.Error is null) Logs.BuildEnded(log, b);
                        else Logs.BuildFailed(log, b);
                    });
            });
            services.AddSingleton(s => new StoppedViews(s.GetRequiredService<NpgsqlDataSource>(), s.GetRequiredService<Projector>(), s.GetRequiredService<Rebuilder>(), TimeProvider.System));
            services.AddSingleton<Changes>();
            // Replicas first: what is decided next must see them. The projector only queues.
            foreach (var view in live)
            {
                var table = typeof(LiveTable<>).MakeGenericType(view);
                services.AddSingleton(table, s => Activator.CreateInstance(table, s.GetRequiredService<IFeed>(), TimeProvider.System, null)!);
                services.AddSingleton<IFeedListener>(s => (IFeedListener)s.GetRequiredService(table));
            }

            services.AddSingleton<IFeedListener>(s => s.GetRequiredService<Projector>());
            services.AddSingleton<Operation.BatchResults>();
            services.AddSingleton<Operation.OperationNews>();
            services.AddSingleton<IFeedListener>(s => s.GetRequiredService<Operation.OperationNews>());
        }

        private void AddFound<TService>(IEnumerable<Assembly> parts) where TService : class
        {
            foreach (var type in parts.SelectMany(a => a.GetTypes())
                .Where(t => t is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false } && t.IsAssignableTo(typeof(TService)))
                .OrderBy(t => t.FullName, StringComparer.Ordinal))
            {
                services.AddSingleton(typeof(TService), type);
            }
        }
    }
}

internal static partial class Logs
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "A read model will be tried again")]
    public static partial void Retrying(ILogger log, Exception e);

    [LoggerMessage(Level = LogLevel.Information, Message = "A view was built: {Build}")]
    public static partial void BuildEnded(ILogger log, BuildStatus build);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A view could not be built: {Build}")]
    public static partial void BuildFailed(ILogger log, BuildStatus build);

    [LoggerMessage(Level = LogLevel.Error, Message = "A view has stopped: {View}")]
    public static partial void ViewStopped(ILogger log, string view);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Loop} ended; the server stops")]
    public static partial void LoopEnded(ILogger log, Exception? e, string loop);
}
