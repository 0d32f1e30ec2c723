using System.Security.Cryptography;
using System.Text.Json;
using Adit.Api;

namespace Adit.Hub.Tasks;

/// <summary>
/// The Idempotency-Key of a start and what was asked for with it: a key stands for one request and no other
/// (draft-ietf-httpapi-idempotency-key-header, section 2.7).
/// </summary>
internal sealed class RequestKey(string key, CreateTaskRequest request)
{
    /// <summary>The key.</summary>
    public string Key => key;

    /// <summary>SHA-256 of the request, whatever the order of its members, in hexadecimal digits.</summary>
    public string Hash { get; } = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(
        request with { Parameters = Sorted(request.Parameters), Environment = Sorted(request.Environment), Labels = Sorted(request.Labels) }, TasksJson.Default.CreateTaskRequest)));

    /// <summary>Refuses a key that was used for another request.</summary>
    /// <param name="hash">Of the request that it was used for; null where a hub before this one made it and kept none.</param>
    /// <exception cref="TaskRefusal">It was.</exception>
    public void CheckSame(string? hash)
    {
        if (hash is not null && hash != Hash)
            throw Used();
    }

    /// <summary>The refusal.</summary>
    public TaskRefusal Used() => new(TaskRefusalCode.KeyUsed, $"The Idempotency-Key '{key}' was used for another request; take another for this one.");

    private static SortedDictionary<string, string>? Sorted(IReadOnlyDictionary<string, string>? values) =>
        values is null ? null : new SortedDictionary<string, string>(values.ToDictionary(), StringComparer.Ordinal);
}
