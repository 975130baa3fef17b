using System.Collections.Frozen;
using System.Reflection;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;

namespace IaaS.Drivers;

/// <summary>
/// A host's drivers: hypervisor, storage, network and whatever else. A wish goes to the driver that has a method
/// <c>Task&lt;Outcome&gt; (TWish, CancellationToken)</c> in one of its driver interfaces, so a new wish is a record, a method and nothing else.
/// A driver that serves many hosts, as the simulator does, makes one of these serve many hosts.
/// </summary>
public sealed class HostDrivers
{
    private readonly FrozenDictionary<Type, Func<Wish, CancellationToken, Task<Outcome>>> routes;

    /// <exception cref="InvalidOperationException">Two drivers take the same wish.</exception>
    public HostDrivers(params IEnumerable<IDriver> drivers)
    {
        All = [.. drivers];
        var found = new Dictionary<Type, Func<Wish, CancellationToken, Task<Outcome>>>();
        foreach (var driver in All)
        {
            foreach (var method in MethodsOf(driver))
            {
                var wish = method.GetParameters()[0].ParameterType;
                if (!found.TryAdd(wish, Route(driver, method, wish)))
                    throw new InvalidOperationException($"{wish.Name} is taken by {driver.GetType()} and by another driver of the same host.");
            }
        }

        routes = found.ToFrozenDictionary();
    }

    public IReadOnlyList<IDriver> All { get; }

    /// <summary>The types of the wishes that these drivers carry out.</summary>
    public IEnumerable<Type> Wishes => routes.Keys;

    /// <summary>A capability, for example live migration; null where no driver has it.</summary>
    public TCapability? Get<TCapability>() where TCapability : class => All.OfType<TCapability>().FirstOrDefault();

    /// <summary>What the host has, as its hypervisor says.</summary>
    /// <exception cref="InvalidOperationException">There is no hypervisor among the drivers.</exception>
    public Task<HostFacts> InspectAsync(HostId host, CancellationToken ct) =>
        (Get<IHypervisor>() ?? throw new InvalidOperationException("A host without a hypervisor driver has no facts.")).InspectAsync(host, ct);

    /// <returns>The driver's outcome; <c>host.wish-not-supported</c> where none takes the wish.</returns>
    public Task<Outcome> PerformAsync(Wish wish, CancellationToken ct) => routes.TryGetValue(wish.GetType(), out var route)
        ? route(wish, ct)
        : Task.FromResult(Outcome.Fail("host.wish-not-supported", $"No driver of {wish.Host} carries out {wish.GetType().Name}."));

    private static IEnumerable<MethodInfo> MethodsOf(IDriver driver) => driver.GetType().GetInterfaces()
        .Where(i => i != typeof(IDriver) && i.IsAssignableTo(typeof(IDriver)))
        .SelectMany(i => i.GetMethods())
        .Where(m => m.ReturnType == typeof(Task<Outcome>)
            && m.GetParameters() is [var wish, var ct]
            && wish.ParameterType.IsAssignableTo(typeof(Wish))
            && ct.ParameterType == typeof(CancellationToken));

    private static Func<Wish, CancellationToken, Task<Outcome>> Route(IDriver driver, MethodInfo method, Type wish) =>
        (Func<Wish, CancellationToken, Task<Outcome>>)typeof(HostDrivers)
            .GetMethod(nameof(Typed), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(wish)
            .Invoke(null, [driver, method])!;

    private static Func<Wish, CancellationToken, Task<Outcome>> Typed<TWish>(IDriver driver, MethodInfo method) where TWish : Wish
    {
        var call = method.CreateDelegate<Func<TWish, CancellationToken, Task<Outcome>>>(driver);
        return (wish, ct) => call((TWish)wish, ct);
    }
}
