using System.Globalization;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Edge;
using Adit.Hub.Templates;

namespace Adit.Hub.Tasks.Idle;

/// <summary>Why a task is kept or not, for people and programs.</summary>
internal static class IdleExplanation
{
    public static TaskIdleReport Of(LiveTask live, IdleTask idle, RouteUse use, DateTimeOffset now)
    {
        var record = live.Record;
        var policy = record.Resolved.Idle;
        var memory = idle.Memory;
        var isLooked = record is { State: TaskState.Ready, IsWanted: true, Kind: TaskKind.Session };
        var decision = isLooked ? idle.Decide(policy, now) : null;
        var isOff = policy.Steps.Count == 0 && policy.MaxAge is null;
        return new TaskIdleReport
        {
            Task = record.Id,
            State = decision is null || isOff ? "off" : memory.IsFrozen ? "frozen" : IsUsed(decision, now) ? "used" : "idle",
            Decision = IdleEngine.Word(decision?.Verdict ?? IdleVerdict.Keep),
            Reason = decision?.Reason ?? (record.Kind == TaskKind.Job ? "a job ends by itself and is never idle" : $"it {record.State.Is()}{(record.Reason is null ? "" : ": " + record.Reason.TrimEnd('.'))}"),
            IdleSince = decision?.IdleSince,
            Next = decision?.Next?.ToString().ToLowerInvariant(),
            At = decision?.At,
            StopsAt = decision?.StopsAt,
            IsOfAge = decision?.IsOfAge ?? false,
            Warned = decision is null ? null : memory.Warned,
            TimeoutSeconds = policy.Steps.FirstOrDefault(static s => s.Action == IdleAction.Stop) is { } stop ? (int)stop.After.TotalSeconds : null,
            Terms = policy.ToTerms(),
            Signals = Signals(policy, memory, idle, decision),
            Ignored = [.. Enum.GetValues<Ignored>().Select(kind => new TaskIgnored(JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString()), use.CountOf(kind))).Where(static i => i.Count > 0)],
            Lease = memory.Lease is { } lease && lease.Until > now ? lease : null,
            Extension = !record.HasEnded && memory.Extension is { } extension && extension.Until > now ? extension : null, // What has ended is not kept; what starts may be.
            History = memory.History,
        };
    }

    // Who is warned that it is about to be stopped for want of use is not told at the same time that it is used.
    private static bool IsUsed(IdleDecision decision, DateTimeOffset now) =>
        now - decision.IdleSince < TimeSpan.FromMinutes(1) && (decision.IsOfAge || decision is { Verdict: IdleVerdict.Keep, IsWarned: false });

    private static List<TaskIdleSignal> Signals(IdlePolicy policy, IdleMemory memory, IdleTask idle, IdleDecision? decision)
    {
        bool IsCause(IdleCause cause) => decision?.Cause == cause;
        var (cpu, gpu) = idle.Window.Average;
        var signals = new List<TaskIdleSignal>
        {
            new("request", memory.Request, policy.Requests, policy.Requests ? "requests of people and programs that the gate knows, answered with less than 300" : "its template does not count requests", IsCause(IdleCause.Request)),
            new("message", memory.Message, policy.WebSocket, policy.WebSocket ? "what visitors sent over WebSockets" : "its template does not count WebSockets", IsCause(IdleCause.Message)),
        };
        if (memory.Terminal is not null)
            signals.Add(new("terminal", memory.Terminal, true, "what visitors sent to ports that are no HTTP", IsCause(IdleCause.Terminal)));
        signals.Add(new("push", memory.Push, policy.WebSocketPassiveMax > TimeSpan.Zero, $"what it sent by itself to open pages; counts for {IdleRule.Words(policy.WebSocketPassiveMax)} after the last that somebody did", IsCause(IdleCause.Push)));
        if (policy.JupyterKernels)
        {
            signals.Add(new("kernel", memory.Kernel?.Seen, true, memory.Kernel is { IsOver: false } kernel
                ? $"a kernel is busy since {kernel.Since:u}; counts for {IdleRule.Words(policy.BusyMax)}" : "no kernel is busy", IsCause(IdleCause.Kernel)));
        }

        if (policy.ComputeCpu is not null || policy.ComputeGpu is not null)
        {
            signals.Add(new("compute", memory.Compute?.Seen, true, string.Create(
                CultureInfo.InvariantCulture,
                $"{cpu:0.00} cores and {gpu:P0} of its GPUs over {IdleRule.Words(policy.ComputeWindow)}; counts from {policy.ComputeCpu ?? 0:0.00} cores{(policy.ComputeGpu is { } most ? $" or {most:P0}" : "")} on, for {IdleRule.Words(policy.BusyMax)} without a break"), IsCause(IdleCause.Compute)));
        }

        return signals;
    }
}
