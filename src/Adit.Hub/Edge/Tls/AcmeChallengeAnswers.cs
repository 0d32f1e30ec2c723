using System.Collections.Concurrent;

namespace Adit.Hub.Edge.Tls;

/// <summary>What an ACME authority finds when it asks over HTTP (HTTP-01, RFC 8555 section 8.3). Thread-safe.</summary>
internal sealed class AcmeChallengeAnswers
{
    /// <summary>The path of every challenge.</summary>
    public const string PathPrefix = "/.well-known/acme-challenge/";

    private readonly ConcurrentDictionary<string, string> _answers = new(StringComparer.Ordinal);

    /// <summary>Whether any challenge is pending: the edge looks at paths only then.</summary>
    public bool HasAny => !_answers.IsEmpty;

    /// <summary>
    /// The body to answer a request for this path with (<c>application/octet-stream</c>), on any host; null when it is none of ours.
    /// </summary>
    public string? Find(string path) =>
        HasAny && path.StartsWith(PathPrefix, StringComparison.Ordinal) ? _answers.GetValueOrDefault(path[PathPrefix.Length..]) : null;

    internal void Add(string token, string keyAuthorization) => _answers[token] = keyAuthorization;

    internal void Remove(string token) => _answers.TryRemove(token, out _);
}
