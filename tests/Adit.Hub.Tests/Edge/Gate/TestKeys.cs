using System.Net;
using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>Tokens <c>of-NAME</c> of people who exist as long as the test says so.</summary>
internal sealed class TestKeys : IDoorKeys
{
    public bool Revoked { get; set; }

    public Dictionary<string, TestPerson> People { get; } = new() { ["ada"] = new("ada"), ["bob"] = new("bob") };

    public bool TryAuthenticate(string token, IPAddress? client, out DoorKey key)
    {
        key = new DoorKey(token.Replace("of-", "", StringComparison.Ordinal), "t1");
        return !Revoked && token.StartsWith("of-", StringComparison.Ordinal) && People.ContainsKey(key.Account);
    }

    public bool LooksLikeToken(ReadOnlySpan<char> text) => text.StartsWith("of-", StringComparison.Ordinal);

    public IDoorPerson? Find(DoorKey key) => Revoked ? null : People.GetValueOrDefault(key.Account);
}

/// <summary>Somebody, with groups and projects.</summary>
internal sealed record TestPerson(string Account, params string[] Memberships) : IDoorPerson
{
    public string? Email { get; init; }

    public IReadOnlySet<string> Groups { get; } = Memberships.ToHashSet();

    public bool IsMemberOf(string project) => Memberships.Contains("project:" + project);

    public bool MayOpenIn(string? project) => true;
}
