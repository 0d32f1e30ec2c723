using Adit.Api;
using Adit.Hub.Templates;

namespace Adit.Hub.Tasks.Idle;

/// <summary>What is known of the use of one task while the hub runs. Its memory may be changed by anybody; the rest is the engine's.</summary>
internal sealed class IdleTask(IdleMemory memory)
{
    private readonly Lock _lock = new();
    private volatile IdleMemory _memory = memory;
    private bool _isChanged;
    private Task<bool>? _waking;

    public IdleMemory Memory => _memory;

    /// <summary>When the hub or its runner came back; null when neither was away.</summary>
    public DateTimeOffset? Resumed { get; set; }

    /// <summary>Whether it was not ready when it was looked at last.</summary>
    public bool IsAway { get; set; }

    /// <summary>What was decided last; null before the first look.</summary>
    public IdleDecision? Last { get; set; }

    /// <summary>What counted longest at the last look; null before the first.</summary>
    public IdleCause? Cause { get; set; }

    public ComputeWindow Window { get; } = new();

    /// <summary>Stamps of the edge that were taken over already.</summary>
    public long RequestStamp { get; set; }

    public long MessageStamp { get; set; }

    public long PushStamp { get; set; }

    /// <summary>What visitors had sent to ports that are no HTTP.</summary>
    public long PortBytes { get; set; }

    /// <summary>When its kernels were asked about last (timestamp); 0 for never.</summary>
    public long KernelsAsked { get; set; }

    /// <summary>The attempt of which its runner said that it cannot be frozen; 0 for none.</summary>
    public int UnfreezableAttempt { get; set; }

    /// <summary>Held while it is halted or woken.</summary>
    public SemaphoreSlim Halting { get; } = new(1, 1);

    /// <summary>Starts waking it, or has what somebody else started.</summary>
    public Task<bool> WakeOnceAsync(Func<Task<bool>> wake)
    {
        lock (_lock)
        {
            if (_waking is null or { IsCompleted: true })
                _waking = Task.Run(wake);
            return _waking;
        }
    }

    /// <summary>Changes what is kept.</summary>
    public void Change(Func<IdleMemory, IdleMemory> change)
    {
        lock (_lock)
        {
            var next = change(_memory);
            if (ReferenceEquals(next, _memory))
                return;
            _memory = next;
            _isChanged = true;
        }
    }

    /// <summary>Changes what is kept when something allows it.</summary>
    /// <returns>Why it does not; null when it was changed.</returns>
    public string? TryChange(Func<IdleMemory, (IdleMemory? Next, string? Refusal)> change)
    {
        lock (_lock)
        {
            var (next, refusal) = change(_memory);
            if (next is null)
                return refusal;
            _memory = next;
            _isChanged = true;
            return null;
        }
    }

    /// <summary>Writes a decision down.</summary>
    public void Tell(DateTimeOffset at, string decision, string reason) => Change(m => m.With(new TaskIdleMoment(at, decision, reason)));

    /// <summary>Decides by what is known now; null when it never was ready.</summary>
    public IdleDecision? Decide(IdlePolicy policy, DateTimeOffset now) => Memory.At(now, Resumed) is { } signals ? IdleRule.Decide(policy, signals) : null;

    /// <summary>Whether anything is to be stored; from then on it counts as stored.</summary>
    public bool TakeChanged()
    {
        lock (_lock)
        {
            var was = _isChanged;
            _isChanged = false;
            return was;
        }
    }

    /// <summary>It was not stored after all.</summary>
    public void MarkChanged()
    {
        lock (_lock)
            _isChanged = true;
    }
}
