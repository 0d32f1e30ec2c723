using System.Globalization;
using Adit.Api;
using Adit.Hub.Runners;
using Adit.Hub.Templates;

namespace Adit.Hub.Tasks;

/// <summary>A runner as the scheduler sees it.</summary>
/// <param name="Record">What it is.</param>
/// <param name="IsUp">Whether it is there.</param>
/// <param name="Load">What its tasks have of it.</param>
internal sealed record Place(RunnerRecord Record, bool IsUp, RunnerLoad Load)
{
    /// <summary>Whether its owner is an admin.</summary>
    public bool IsOfAdmin { get; init; }
}

/// <summary>
/// Which runner gets a task. Pure: from what is reserved, not from what is used, so that an idle notebook keeps what it was promised. Sentences
/// say what is missing in the terms of whoever asked.
/// </summary>
internal static class Scheduler
{
    /// <summary>Why a runner could never have a task, even empty; null when it could.</summary>
    public static string? Misfit(ResolvedTask task, Place place) => task.Spec.Image?.CredentialsSecret is not null && !place.IsOfAdmin
        ? "it is not an admin's, and the password of the image's registry goes to those alone"
        : Misfit(task, place.Record);

    /// <summary>The same by what the runner is, whoever brought it.</summary>
    public static string? Misfit(ResolvedTask task, RunnerRecord runner)
    {
        var placement = task.Placement;
        var facts = runner.Facts;
        if (placement.Runner is { } wanted && wanted != runner.Name)
            return $"it is not '{wanted}'";
        if (!facts.Executors.Contains(task.Spec.Executor, StringComparer.Ordinal))
            return $"it has no {task.Spec.Executor}";
        if (task.Spec.NeedsSecrets && !facts.Features.Contains(RunnerFeatures.Secrets, StringComparer.Ordinal))
            return $"its version, {runner.Version}, knows nothing of secrets; upgrade it";
        if (task.Spec.Workspace is not null && !facts.Features.Contains(RunnerFeatures.Workspaces, StringComparer.Ordinal))
            return $"its version, {runner.Version}, knows nothing of workspaces; upgrade it";
        var labels = runner.AllLabels();
        foreach (var (key, values) in placement.Require)
        {
            if (!labels.TryGetValue(key, out var value) || !values.Contains(value, StringComparer.Ordinal))
                return $"it has no label {key}={string.Join('|', values)}";
        }

        foreach (var taint in runner.AllTaints())
        {
            if (!placement.Tolerate.Any(t => t.Key == taint.Key && (t.Value is null || t.Value == taint.Value)))
                return $"it is tainted with {taint.Key}{(taint.Value is null ? "" : "=" + taint.Value)}";
        }

        var wants = task.Requests;
        if (wants.Gpus > facts.Gpus.Count)
            return facts.Gpus.Count == 0 ? "it has no GPU" : $"it has {Gpus(facts.Gpus.Count)}";
        if (wants is { Gpus: > 0, GpuType: { } type } && labels.GetValueOrDefault("gpu") != type)
            return $"it has no GPU of type {type}";
        if (wants.Cpu > facts.Cpus)
            return string.Create(CultureInfo.InvariantCulture, $"it has {facts.Cpus:0.##} {(facts.Cpus == 1 ? "core" : "cores")}");
        return wants.MemoryBytes > facts.MemoryBytes ? $"it has {Bytes(facts.MemoryBytes)} of memory" : null;
    }

    /// <summary>Why a runner that could have a task cannot now; null when it can.</summary>
    public static string? NoRoom(ResolvedTask task, Place place)
    {
        var (record, isUp, (reserved, count)) = place;
        if (!isUp)
            return "is not there";
        if (record.IsDraining)
            return "is being drained";
        if (record.IsCordoned)
            return "is cordoned";
        if (count >= RunnerRules.MostTasks)
            return $"has {count} tasks, which is the most";
        var wants = task.Requests;
        if ((wants.Gpus ?? 0) > record.Facts.Gpus.Count - (reserved.Gpus ?? 0))
            return $"has {record.Facts.Gpus.Count - (reserved.Gpus ?? 0)} of {Gpus(record.Facts.Gpus.Count)} free";
        if ((wants.Cpu ?? 0) > record.Facts.Cpus - (reserved.Cpu ?? 0) + 1e-6)
            return string.Create(CultureInfo.InvariantCulture, $"has {Math.Max(0, record.Facts.Cpus - (reserved.Cpu ?? 0)):0.##} of {record.Facts.Cpus:0.##} cores free");
        var free = record.Facts.MemoryBytes - (reserved.MemoryBytes ?? 0);
        return (wants.MemoryBytes ?? 0) > free ? $"has {Bytes(Math.Max(0, free))} of {Bytes(record.Facts.MemoryBytes)} of memory free" : null;
    }

    /// <summary>The best of those that have room; null when none has.</summary>
    public static Place? Choose(ResolvedTask task, IEnumerable<Place> places) => places
        .Where(p => Misfit(task, p) is null && NoRoom(task, p) is null)
        .OrderByDescending(p => Liking(task, p.Record))
        .ThenBy(p => task.Requests.Gpus is > 0 ? 0 : p.Record.Facts.Gpus.Count) // Who needs no GPU leaves them to others.
        .ThenBy(static p => Share(p.Load.Reserved, p.Record.Facts))
        .ThenBy(static p => p.Load.Count)
        .ThenBy(static p => p.Record.Name, StringComparer.Ordinal)
        .FirstOrDefault();

    /// <summary>What a task waits for, when no place is to be had now: one sentence.</summary>
    public static string WaitsFor(ResolvedTask task, IReadOnlyCollection<Place> places)
    {
        string Why(Place place) => NoRoom(task, place) ?? "is held for a task that has waited longer";
        var fitting = places.Where(p => Misfit(task, p) is null).ToList();
        return fitting.Count switch
        {
            0 => NeverFits(task, places),
            1 => $"The runner '{fitting[0].Record.Name}' {Why(fitting[0])}.",
            var n => $"None of {n} runners that could take it has room: {string.Join("; ", fitting.Take(3).Select(p => $"{p.Record.Name} {Why(p)}"))}.",
        };
    }

    /// <summary>Why no runner could ever have a task: one sentence.</summary>
    public static string NeverFits(ResolvedTask task, IReadOnlyCollection<Place> places) => places.Count == 0
        ? "There is no runner that you may use: start one of your own with 'adit runner', or ask an admin to add one that everybody may use."
        : $"No runner could ever take it ({Wish(task)}): {string.Join("; ", places.Take(5).Select(p => $"{p.Record.Name}: {Misfit(task, p)}"))}.";

    /// <summary>The largest part of something that is taken, 0 to 1 and more.</summary>
    public static double Share(TaskResources reserved, RunnerFacts of) => Math.Max(
        (reserved.Cpu ?? 0) / of.Cpus, Math.Max((double)(reserved.MemoryBytes ?? 0) / of.MemoryBytes, of.Gpus.Count == 0 ? 0 : (double)(reserved.Gpus ?? 0) / of.Gpus.Count));

    /// <summary>What two tasks reserve together; what one of them does not say counts as nothing.</summary>
    public static TaskResources Sum(TaskResources one, TaskResources other) => new()
    {
        Cpu = (one.Cpu ?? 0) + (other.Cpu ?? 0), MemoryBytes = (one.MemoryBytes ?? 0) + (other.MemoryBytes ?? 0), Gpus = (one.Gpus ?? 0) + (other.Gpus ?? 0),
    };

    private static int Liking(ResolvedTask task, RunnerRecord runner)
    {
        var labels = runner.AllLabels();
        return task.Placement.Prefer.Sum(p => labels.GetValueOrDefault(p.Key) == p.Value ? p.Weight : 0);
    }

    private static string Wish(ResolvedTask task)
    {
        var wants = task.Requests;
        var words = new List<string>();
        if (wants.Cpu is { } cpu)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"{cpu:0.##} {(cpu == 1 ? "core" : "cores")}"));
        if (wants.MemoryBytes is { } memory)
            words.Add(Bytes(memory) + " of memory");
        if (wants.Gpus is > 0 and var gpus)
            words.Add($"{Gpus(gpus)}{(wants.GpuType is null ? "" : " of type " + wants.GpuType)}");
        return string.Join(", ", words);
    }

    private static string Gpus(int count) => count == 1 ? "1 GPU" : string.Create(CultureInfo.InvariantCulture, $"{count} GPUs");

    private static string Bytes(long bytes) => bytes >= 1L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.#} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0} MiB");
}
