using Adit.Api;

namespace Adit.Hub.Tasks.Idle;

/// <summary>Leases: bounded each, and all of a day together, so that a program that takes one after the other is not kept for ever.</summary>
internal static class IdleLeases
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Takes one, or with no time ends the one there is.</summary>
    /// <returns>What is kept then, or why not.</returns>
    public static (IdleMemory? Next, string? Refusal) Take(IdleMemory memory, DateTimeOffset now, TimeSpan time, string? reason, TimeSpan mostPerDay)
    {
        if (time == TimeSpan.Zero)
            return (memory with { Lease = null }, null);
        var until = now + time;
        var from = memory.Lease is { } held && held.Until > now ? held.Until : now;
        var more = until > from ? until - from : TimeSpan.Zero; // What it is kept for already was counted when that was taken.
        var taken = memory.Leases.Where(l => l.At > now - Day).ToList();
        var left = mostPerDay - TimeSpan.FromSeconds(taken.Sum(static l => l.Seconds));
        if (more > left)
            return (null, $"Leases of this task are for {IdleRule.Words(mostPerDay)} a day together, and {IdleRule.Words(left > TimeSpan.Zero ? left : TimeSpan.Zero)} of them are left.");
        if (more > TimeSpan.Zero)
            taken.Add(new LeaseTaken(now, more.TotalSeconds));
        return (memory with { Lease = new TaskHold(until, reason), Leases = Merged(taken) }, null);
    }

    // A program may renew its lease each second: what was taken within a minute is one.
    private static List<LeaseTaken> Merged(List<LeaseTaken> taken)
    {
        if (taken.Count > 1 && taken[^1].At - taken[^2].At < TimeSpan.FromMinutes(1))
        {
            taken[^2] = taken[^2] with { Seconds = taken[^2].Seconds + taken[^1].Seconds };
            taken.RemoveAt(taken.Count - 1);
        }

        return taken;
    }
}
