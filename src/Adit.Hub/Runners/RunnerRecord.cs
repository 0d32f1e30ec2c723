using Adit.Api;
using Adit.Hub.Access.Permissions;

namespace Adit.Hub.Runners;

/// <summary>A runner as it is stored. Immutable.</summary>
internal sealed record RunnerRecord
{
    public required string Name { get; init; }

    /// <summary>SHA-256, as hexadecimal, of the word by which its installation is known.</summary>
    public required string Installation { get; init; }

    /// <summary>The account that registered it. A runner that shows its installation needs a token of this account.</summary>
    public required string Account { get; init; }

    /// <summary>The id of the token that it was here with last.</summary>
    public string? Token { get; init; }

    /// <summary>Its program's version when it was heard last.</summary>
    public required string Version { get; init; }

    /// <summary>Labels that an admin gave it; they win over its own.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; set; } = new Dictionary<string, string>();

    /// <summary>Labels that it was started with.</summary>
    public IReadOnlyDictionary<string, string> OwnLabels { get; set; } = new Dictionary<string, string>();

    /// <summary>Taints that an admin gave it.</summary>
    public IReadOnlyList<Taint> Taints { get; set; } = [];

    /// <summary>Taints that it was started with.</summary>
    public IReadOnlyList<Taint> OwnTaints { get; set; } = [];

    /// <summary>Whether somebody said on the hub that only its owner's tasks run here; null where it is as it was started.</summary>
    public bool? IsPrivateHere { get; init; }

    /// <summary>Whether it was started for its owner's tasks only.</summary>
    public bool OwnIsPrivate { get; init; }

    /// <summary>Whether only its owner's tasks run here, whoever its owner is.</summary>
    public bool IsPrivate => IsPrivateHere ?? OwnIsPrivate;

    /// <summary>Takes no new tasks.</summary>
    public bool IsCordoned { get; init; }

    /// <summary>Takes no new tasks and ends those it has.</summary>
    public bool IsDraining { get; init; }

    public required RunnerFacts Facts { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>When it was heard last, as stored: earlier than the truth by at most the time between two writes.</summary>
    public required DateTimeOffset Seen { get; init; }

    /// <summary>Whose it is.</summary>
    public Owned Belonging => new(Account);

    /// <summary>All its labels, those that every runner has too: <c>os</c>, <c>arch</c> and <c>name</c>.</summary>
    public IReadOnlyDictionary<string, string> AllLabels()
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in OwnLabels.Concat(Labels))
            all[key] = value;
        // Last, so that no runner draws tasks to itself by calling itself another.
        all["arch"] = Facts.Architecture;
        all["name"] = Name;
        all["os"] = Facts.Os.Split(' ')[0].ToLowerInvariant();
        return all;
    }

    /// <summary>All its taints.</summary>
    public IReadOnlyList<Taint> AllTaints() => [.. OwnTaints.Union(Taints)];
}
