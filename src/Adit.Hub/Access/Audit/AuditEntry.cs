using System.Text.Json.Serialization;

namespace Adit.Hub.Access.Audit;

/// <summary>One line of the audit log. Never holds a secret.</summary>
/// <param name="Action">What was done: a resource and a verb, <c>token.create</c>, <c>policy.change</c>; or <c>sign-in</c>, <c>sign-out</c>, <c>door</c>.</param>
internal sealed record AuditEntry(string Action)
{
    /// <summary>The account that did it; null for a stranger.</summary>
    public string? Actor { get; init; }

    /// <summary>What it used: <c>token:ID</c>, <c>session:ID</c>; null for neither.</summary>
    public string? Via { get; init; }

    /// <summary>What it was done to: <c>account:anna</c>, <c>tunnel:demo</c>.</summary>
    public string? Target { get; init; }

    public AuditOutcome Outcome { get; init; }

    /// <summary>The address it came from, without port.</summary>
    public string? Address { get; init; }

    /// <summary>What else is worth knowing, short.</summary>
    public IReadOnlyDictionary<string, string>? Detail { get; init; }

    /// <summary>An entry for what this caller does.</summary>
    public static AuditEntry By(Caller caller, string action, string? target, string? address) => new(action)
    {
        Actor = caller.Account,
        Via = caller.TokenId.Contains(':') ? caller.TokenId : "token:" + caller.TokenId,
        Target = target,
        Address = address,
    };
}

/// <summary>How it ended.</summary>
internal enum AuditOutcome
{
    Allowed,

    /// <summary>Somebody known asked for what it may not.</summary>
    Denied,

    /// <summary>A credential was wrong, or it could not be done.</summary>
    Failed,
}

/// <summary>JSON of the details.</summary>
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class AuditJson : JsonSerializerContext;
