namespace IaaS.Projections.Kernel;

/// <summary>
/// The rows of one view that were used last, as the table holds them. Two generations instead of a linked list: what is not touched
/// while one half fills up is forgotten, at the cost of one dictionary entry per row and nothing per hit.
/// </summary>
internal sealed class RowCache<TView>(int capacity) where TView : class
{
    private Dictionary<string, TView> young = [];
    private Dictionary<string, TView> old = [];

    public int Count => young.Count + old.Count;

    public TView? Find(string id)
    {
        if (young.TryGetValue(id, out var row)) return row;
        if (!old.Remove(id, out row)) return null;
        Put(id, row);
        return row;
    }

    public void Put(string id, TView row)
    {
        young[id] = row;
        old.Remove(id);
        if (young.Count * 2 <= capacity) return;
        old = young;
        young = [];
    }

    public void Remove(string id)
    {
        young.Remove(id);
        old.Remove(id);
    }

    public void Clear()
    {
        young.Clear();
        old.Clear();
    }
}
