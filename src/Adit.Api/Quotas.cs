using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>Whose tasks a quota counts together.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<QuotaKind>))]
public enum QuotaKind
{
    /// <summary>All tasks of an account, a person's or a program's.</summary>
    [JsonStringEnumMemberName("user")] User,

    /// <summary>All tasks in a project, whoever started them.</summary>
    [JsonStringEnumMemberName("project")] Project,
}

/// <summary>PUT /api/v1/quotas/{kind}/{name}: all of its limits at once; null for no limit, 0 for none of it at all.</summary>
public sealed record SetQuotaRequest
{
    /// <summary>Tasks that have a place on a runner at one time.</summary>
    public int? Tasks { get; init; }

    /// <summary>Cores that they have reserved together.</summary>
    public double? Cpu { get; init; }

    /// <summary>Memory in bytes, likewise.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>GPUs, likewise.</summary>
    public int? Gpus { get; init; }

    /// <summary>GPU hours in a calendar month (UTC).</summary>
    public double? GpuHours { get; init; }

    /// <summary>Of a project: bytes that its content takes on the hub's disk.</summary>
    public long? StorageBytes { get; init; }
}

/// <summary>What is used of a quota.</summary>
public sealed record QuotaUse
{
    /// <summary>Tasks that have a place on a runner now.</summary>
    public required int Tasks { get; init; }

    /// <summary>Cores that they have reserved.</summary>
    public required double Cpu { get; init; }

    /// <summary>Memory in bytes, likewise.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>GPUs, likewise.</summary>
    public required int Gpus { get; init; }

    /// <summary>GPU hours of this calendar month (UTC), those of tasks that go on up to now.</summary>
    public required double GpuHours { get; init; }

    /// <summary>Of a project: bytes that its content takes on the hub's disk.</summary>
    public long? StorageBytes { get; init; }
}

/// <summary>A quota as the API shows it. A limit that is left out is none.</summary>
public sealed record ApiQuota
{
    /// <summary>Whether it is a user's or a project's.</summary>
    public required QuotaKind Kind { get; init; }

    /// <summary>The account's or project's name; <c>*</c> for the default of all that have none of their own.</summary>
    public required string Name { get; init; }

    /// <summary>Whether these are the limits of the default, for there are none of its own.</summary>
    public bool IsDefault { get; init; }

    /// <inheritdoc cref="SetQuotaRequest.Tasks"/>
    public int? Tasks { get; init; }

    /// <inheritdoc cref="SetQuotaRequest.Cpu"/>
    public double? Cpu { get; init; }

    /// <inheritdoc cref="SetQuotaRequest.MemoryBytes"/>
    public long? MemoryBytes { get; init; }

    /// <inheritdoc cref="SetQuotaRequest.Gpus"/>
    public int? Gpus { get; init; }

    /// <inheritdoc cref="SetQuotaRequest.GpuHours"/>
    public double? GpuHours { get; init; }

    /// <inheritdoc cref="SetQuotaRequest.StorageBytes"/>
    public long? StorageBytes { get; init; }

    /// <summary>What is used of it; null of a default, which is used by each for itself.</summary>
    public QuotaUse? Used { get; init; }
}

/// <summary>GET /api/v1/quotas.</summary>
public sealed record QuotaList
{
    /// <summary>Users first, then projects, by name; the default before the others.</summary>
    public required IReadOnlyList<ApiQuota> Items { get; init; }

    /// <summary>Pass as <c>cursor</c> for the next page; null on the last.</summary>
    public string? Next { get; init; }
}

/// <summary>JSON of this resource, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SetQuotaRequest))]
[JsonSerializable(typeof(ApiQuota))]
[JsonSerializable(typeof(QuotaList))]
public sealed partial class QuotasJson : JsonSerializerContext;
