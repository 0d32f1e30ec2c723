using Adit.Api;

namespace Adit.Hub.Tasks.Quotas;

/// <summary>Whose tasks are counted together.</summary>
/// <param name="Kind">Whether the name is an account's or a project's.</param>
/// <param name="Name">The name; <see cref="Everybody"/> for the default.</param>
internal readonly record struct QuotaSubject(QuotaKind Kind, string Name)
{
    /// <summary>The name of the default: what holds for all that have none of their own.</summary>
    public const string Everybody = "*";

    /// <summary>Those that a task counts for.</summary>
    public static IEnumerable<QuotaSubject> Of(TaskRecord task)
    {
        yield return new QuotaSubject(QuotaKind.User, task.Account);
        if (task.Project is { } project)
            yield return new QuotaSubject(QuotaKind.Project, project);
    }

    /// <inheritdoc />
    public override string ToString() => $"{Kind.ToString().ToLowerInvariant()} '{Name}'";
}

/// <summary>A quota as it is stored. Immutable.</summary>
/// <param name="Subject">Whose, or for whom.</param>
/// <param name="Limits">Its limits; null inside for none.</param>
/// <param name="Version">Counts its changes.</param>
internal sealed record Quota(QuotaSubject Subject, SetQuotaRequest Limits, long Version)
{
    /// <summary>The validator of what is stored (RFC 9110 8.8.3).</summary>
    public string ETag => $"\"{Version}\"";
}

/// <summary>What a quota limits.</summary>
internal enum QuotaPart
{
    Tasks,
    Cpu,
    Memory,
    Gpus,
    GpuHours,
    Storage,
}
