using Adit.Api;
using Adit.Hub.Tasks.Workspaces;

namespace Adit.Hub.Tasks;

/// <summary>A task while the hub runs. Changed only by <see cref="TaskRegistry"/>, under its lock; read by anybody.</summary>
internal sealed class LiveTask(TaskRecord record)
{
    private volatile TaskRecord _record = record;

    /// <summary>What is known of it.</summary>
    public TaskRecord Record
    {
        get => _record;
        set => _record = value;
    }

    /// <summary>
    /// Held over what people ask for and what follows on an end (stop, restart, removal), which write to the database before they change
    /// anything here: one of them at a time. Taken before the registry's lock, never under it.
    /// </summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>Writes of its state to the database, one after the other; the last of them.</summary>
    public Task Saving { get; set; } = Task.CompletedTask;

    /// <summary>What it uses; null before the first look and after its end.</summary>
    public TaskUsage? Usage { get; set; }

    /// <summary>What its runner is at while it prepares.</summary>
    public string? Progress { get; set; }

    /// <summary>Its place while it is queued.</summary>
    public TaskQueuePlace? Queue { get; set; }

    /// <summary>Since when it is queued (timestamp of the clock, which nobody sets).</summary>
    public long Queued { get; set; }

    /// <summary>What becomes of it when nobody uses it; null while it is not ready.</summary>
    public TaskIdle? Idle { get; set; }

    /// <summary>When its runner was told last what to do about it (timestamp of the clock); 0 for not yet.</summary>
    public long Told { get; set; }

    /// <summary>To be started again as soon as it has ended.</summary>
    public bool IsToStartAgain { get; set; }

    /// <summary>A new attempt of it is being stored: nobody else gets its name meanwhile.</summary>
    public bool IsStartingAgain { get; set; }

    /// <summary>The last attempt all of whose end is dealt with: it is on disk, and it is decided whether there is another one.</summary>
    public int Finished { get; set; }

    /// <summary>Whether it is over and stays so, unless a person starts it again.</summary>
    public bool IsOver => Record.HasEnded && Finished >= Record.Attempt && !IsToStartAgain && !IsStartingAgain;

    /// <summary>The number of its current attempt's first line of log.</summary>
    public long FirstLine { get; set; } = 1;

    /// <summary>The last snapshot that was made of its workspace; null before the first.</summary>
    public SavedWorkspace? Saved { get; set; }

    /// <summary>Whether it is stored: until then nobody but its maker knows of it.</summary>
    public bool IsStored { get; set; }
}
