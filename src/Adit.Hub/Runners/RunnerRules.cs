using System.Globalization;
using System.Reflection;
using System.Text;
using Adit.Api;

namespace Adit.Hub.Runners;

/// <summary>What a runner may say of itself: it is a program on somebody's machine, and its token may be stolen.</summary>
internal static class RunnerRules
{
    /// <summary>Tasks that one runner may have.</summary>
    public const int MostTasks = 2000;

    private const int MostLabels = 50;
    private const int MostText = 200;
    private const int MostWarnings = 20;
    private const int MostGpus = 64;
    private const double MostCores = 4096;
    private const long MostMemory = 1L << 50;
    private const long MostDisk = 1L << 60;

    /// <summary>This program's version, without what a build adds to it.</summary>
    public static readonly string OwnVersion =
        (typeof(RunnerRules).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+')[0];

    /// <summary>Refuses what cannot be.</summary>
    /// <exception cref="RunnerRefusal">It cannot.</exception>
    public static void Check(RunnerHello hello, int oldest)
    {
        CheckName(hello.Name);
        if (hello.Protocol < oldest)
            throw new RunnerRefusal(RunnerRefusalCode.Version, $"The runner speaks version {hello.Protocol} of the protocol and this hub none before {oldest}; upgrade the runner.");
        if (hello.Installation is not { Length: >= 16 and <= 64 })
            throw new RunnerRefusal(RunnerRefusalCode.Invalid, "A runner's installation is a word of 16 to 64 characters.");
        if (hello.Process is { Length: > 64 })
            throw new RunnerRefusal(RunnerRefusalCode.Invalid, "The word of a runner's process has at most 64 characters.");
        if (hello.Facts is null || hello.Tasks is null || hello.Labels is null || hello.Taints is null || hello.Version is not { Length: <= MostText } || !IsPlain(hello.Version))
            throw new RunnerRefusal(RunnerRefusalCode.Invalid, "A runner says its version, facts, labels, taints and tasks.");
        CheckTasks(hello.Tasks);
        CheckFacts(hello.Facts);
        CheckLabels(hello.Labels);
        CheckTaints(hello.Taints);
    }

    /// <summary>Refuses what cannot be said of tasks.</summary>
    /// <exception cref="RunnerRefusal">It cannot.</exception>
    public static void CheckTasks(IReadOnlyList<ObservedTask> tasks)
    {
        if (tasks.Count > MostTasks || tasks.Any(static t => t is not { Id: not null }))
            throw new RunnerRefusal(RunnerRefusalCode.Invalid, $"A runner says at most {MostTasks} tasks at a time, each with its id.");
    }

    /// <summary>
    /// Whether a machine can use that much: cores from 0 to 4096, memory up to 1 PiB, a disk up to 1 EiB, and of each of 64 GPUs a part from 0 to 1.
    /// Numbers that are none, or have no end, cannot be, and no answer could show them.
    /// </summary>
    public static bool CanBe(RunnerUsage usage) =>
        usage is { Cpu: >= 0 and <= MostCores, MemoryBytes: >= 0 and <= MostMemory, DiskFreeBytes: >= 0 and <= MostDisk, Gpus.Count: <= MostGpus }
        && usage.Gpus.All(static g => g is >= 0 and <= 1);

    /// <summary>Refuses a text that is no name.</summary>
    /// <exception cref="RunnerRefusal">It is none.</exception>
    public static void CheckName(string? name)
    {
        if (name is not { Length: >= 1 and <= 63 } || !char.IsAsciiLetterOrDigit(name[0]) || !name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.' or '_'))
            throw new RunnerRefusal(RunnerRefusalCode.Invalid, "A runner's name is 1 to 63 of a-z, 0-9, '-', '_' and '.', and begins with a letter or digit.");
    }

    /// <summary>Refuses labels that cannot be.</summary>
    /// <exception cref="RunnerRefusal">One cannot.</exception>
    public static void CheckLabels(IReadOnlyDictionary<string, string> labels)
    {
        if (labels.Count > MostLabels || labels.Any(static l => !IsWord(l.Key) || l.Value is null || (l.Value.Length > 0 && !IsWord(l.Value))))
            throw new RunnerRefusal(RunnerRefusalCode.Invalid, $"A runner has at most {MostLabels} labels, KEY=VALUE of letters, digits, '-', '_', '.' and '/'.");
    }

    /// <summary>Refuses taints that cannot be.</summary>
    /// <exception cref="RunnerRefusal">One cannot.</exception>
    public static void CheckTaints(IReadOnlyList<Taint> taints)
    {
        if (taints.Count > MostLabels || taints.Any(static t => t is null || !IsWord(t.Key) || (t.Value is { Length: > 0 } value && !IsWord(value))))
            throw new RunnerRefusal(RunnerRefusalCode.Invalid, $"A runner has at most {MostLabels} taints, KEY or KEY=VALUE of letters, digits, '-', '_', '.' and '/'.");
    }

    /// <summary>What to do about a runner's version; null when it is this hub's.</summary>
    public static string? NoticeFor(string version) => version.Split('+')[0] == OwnVersion
        ? null
        : $"The runner has version {version.Split('+')[0]} and the hub {OwnVersion}; they work together, and the older one should be upgraded.";

    /// <summary>Whether a text is shown as it is: nothing in it that a terminal obeys, that turns what is around it, that is unseen, or that begins a line.</summary>
    public static bool IsPlain(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsPlain(rune))
                return false;
        }

        return true;
    }

    /// <summary>Whether a character is: see <see cref="IsPlain(string)"/>. A half of a pair that is alone comes as U+FFFD.</summary>
    public static bool IsPlain(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static void CheckFacts(RunnerFacts facts)
    {
        static bool IsText(string? text) => text is { Length: > 0 and <= MostText } && IsPlain(text);
        if (!IsText(facts.Os) || !IsText(facts.Architecture) || facts.Cpus is not (> 0 and <= MostCores) || facts.MemoryBytes is <= 0 or > MostMemory
            || facts.DiskBytes is < 0 or > MostDisk || facts.Gpus is not { Count: <= MostGpus } || facts.Gpus.Any(static g => g is null || !IsText(g.Name))
            || facts.Executors is not { Count: <= 10 } || !facts.Executors.All(IsText)
            || facts.Features is not { Count: <= 20 } || !facts.Features.All(IsText)
            || facts.Warnings is not { Count: <= MostWarnings } || facts.Warnings.Any(static w => w is not { Length: <= 1000 } || !IsPlain(w)))
            throw new RunnerRefusal(RunnerRefusalCode.Invalid, "A runner's facts are an operating system, an architecture, cores, memory, disk, GPUs and executors, within reason.");
    }

    private static bool IsWord(string? text) =>
        text is { Length: > 0 and <= 63 } && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/');
}
