using System.Buffers;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// Signed statements of who a visitor is, for applications: JSON Web Tokens (RFC 7519, ES256) good for one host and a minute. A signature
/// costs more than the rest of the gate, so one is used for up to half of its life by the same session on the same host.
/// </summary>
internal sealed class Assertions(AssertionKeys keys, string issuer, TimeProvider time)
{
    /// <summary>How long one is good.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(60);

    private const int MostKept = 20_000;
    private static readonly TimeSpan UsedFor = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(string Host, DoorKey Key), Kept> _kept = new();

    /// <summary>The statement for a person on a host.</summary>
    public string Of(string host, DoorKey key, IDoorPerson person)
    {
        if (_kept.TryGetValue((host, key), out var kept) && ReferenceEquals(kept.Person, person) && time.GetElapsedTime(kept.Made) < UsedFor)
            return kept.Text;
        if (_kept.Count >= MostKept)
            Forget();
        var made = new Kept(Sign(host, key, person), person, time.GetTimestamp());
        _kept[(host, key)] = made;
        return made.Text;
    }

    private string Sign(string host, DoorKey key, IDoorPerson person)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var signer = keys.Current;
        var head = $$"""{"alg":"ES256","typ":"JWT","kid":"{{signer.Id}}"}""";
        var body = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("iss", issuer);
            json.WriteString("aud", host);
            json.WriteString("sub", person.Account);
            json.WriteString("sid", key.TokenId);
            if (person.Email is { } email)
                json.WriteString("email", email);
            json.WriteStartArray("groups");
            foreach (var group in person.Groups.Order(StringComparer.Ordinal))
                json.WriteStringValue(group);
            json.WriteEndArray();
            json.WriteNumber("iat", now);
            json.WriteNumber("exp", now + (long)Life.TotalSeconds);
            json.WriteString("nonce", Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(12)));
            json.WriteEndObject();
        }

        var text = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(head))}.{Base64Url.EncodeToString(body.WrittenSpan)}";
        return $"{text}.{Base64Url.EncodeToString(signer.Sign(Encoding.ASCII.GetBytes(text)))}";
    }

    private void Forget()
    {
        foreach (var (key, kept) in _kept)
        {
            if (time.GetElapsedTime(kept.Made) >= UsedFor)
                _kept.TryRemove(key, out _);
        }

        if (_kept.Count >= MostKept)
            _kept.Clear();
    }

    private sealed record Kept(string Text, IDoorPerson Person, long Made);
}
