namespace IaaS.Soak;

/// <summary>A VM as clients believe it to be.</summary>
internal sealed class FleetVm(string id)
{
    public string Id => id;

    /// <summary>Its creation was acknowledged: the server must know it from then on.</summary>
    public bool IsAcknowledged { get; set; }

    /// <summary>Somebody has asked to destroy it, so that it may be gone.</summary>
    public bool MayBeGone { get; set; }

    /// <summary>Running, Stopped, Paused, Recycled, Failed or Gone; null when nobody has looked.</summary>
    public string? Believed { get; set; }
}

/// <summary>An answer about the past, to be given again in the same words.</summary>
internal sealed record PastAnswer(string Query, long Position, string Rows);

/// <summary>What clients tell each other.</summary>
internal sealed class Fleet
{
    private readonly Lock gate = new();
    private readonly List<FleetVm> vms = [];
    private readonly List<Ask> operations = [];
    private readonly List<PastAnswer> past = [];

    public IReadOnlyList<PastAnswer> Past => Locked(() => past.ToList());

    public void Add(FleetVm vm) => Locked(() => vms.Add(vm));

    public void Add(Ask acknowledged) => Locked(() => operations.Add(acknowledged));

    public void Add(PastAnswer answer) => Locked(() => past.Add(answer));

    /// <summary>One of the last VMs of anybody; null while there is none.</summary>
    public FleetVm? AnyVm(Random random) => Locked(() => Pick(vms, random, last: 400));

    /// <summary>One of the last operations of anybody; null while there is none.</summary>
    public Ask? AnyOperation(Random random) => Locked(() => Pick(operations, random, last: 2_000));

    public PastAnswer? AnyPast(Random random) => Locked(() => Pick(past, random, last: int.MaxValue));

    private static T? Pick<T>(List<T> list, Random random, int last) where T : class =>
        list.Count == 0 ? null : list[random.Next(Math.Max(0, list.Count - last), list.Count)];

    private void Locked(Action act)
    {
        lock (gate) act();
    }

    private T Locked<T>(Func<T> look)
    {
        lock (gate) return look();
    }
}
