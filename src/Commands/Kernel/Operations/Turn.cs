namespace IaaS.Commands.Kernel.Operations;

/// <summary>One operation's turn to act: it has it or not.</summary>
internal sealed class Turn(Turns turns, string owner)
{
    private bool taken;
    private bool begun;

    public async Task TakeAsync()
    {
        if (taken) return;
        await turns.TakeAsync(owner, begun);
        taken = begun = true;
    }

    public void Give()
    {
        if (!taken) return;
        taken = false;
        turns.Give();
    }

    /// <summary>Waits for something without a turn, and takes one again.</summary>
    public async Task<T> WaitAsync<T>(Task<T> something)
    {
        if (something.IsCompleted) return await something;
        Give();
        try
        {
            return await something;
        }
        finally
        {
            await TakeAsync();
        }
    }

    /// <inheritdoc cref="WaitAsync{T}"/>
    public async Task WaitAsync(Task something)
    {
        if (something.IsCompleted)
        {
            await something;
            return;
        }

        Give();
        try
        {
            await something;
        }
        finally
        {
            await TakeAsync();
        }
    }
}
