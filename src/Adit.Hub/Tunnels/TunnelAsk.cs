using System.Text.Json;
using System.Text.Json.Serialization;
using Adit.Api;

namespace Adit.Hub.Tunnels;

/// <summary>
/// What the clients of a tunnel asked for when they last said something new. A client that comes back asks for the same again, and that is no
/// wish to undo what its owner has changed meanwhile: only what differs from here is.
/// </summary>
internal sealed record TunnelAsk
{
    /// <summary>The access; null when none was asked for.</summary>
    public string? Access { get; init; }

    /// <summary>The rules as they are stored; null when none were asked for.</summary>
    public string? Rules { get; init; }

    /// <summary>The project; null when none was asked for.</summary>
    public string? Project { get; init; }

    /// <summary>Whether it was to outlive its clients.</summary>
    public bool Keep { get; init; }

    /// <summary>The options, sealed, as they are stored; null for none.</summary>
    public string? Options { get; init; }

    /// <summary>Whether it says anything of who may use the tunnel.</summary>
    [JsonIgnore]
    public bool SaysWho => Access is not null || Rules is not null;

    /// <summary>What a request asks for.</summary>
    public static TunnelAsk Of(CreateTunnelRequest request) => new()
    {
        Access = request.Access,
        Rules = request.Rules is { Count: > 0 } rules ? JsonSerializer.Serialize(rules, AccessJson.Default.IReadOnlyListAccessRule) : null,
        Project = request.Project,
        Keep = request.Keep,
        Options = TunnelCompiler.Sealed(request.Options) is { } options ? JsonSerializer.Serialize(options, TunnelsJson.Default.TunnelOptions) : null,
    };

    /// <summary>Reads what <see cref="Text"/> gave; null for null.</summary>
    public static TunnelAsk? Read(string? text) => text is null ? null : JsonSerializer.Deserialize(text, TunnelAskJson.Default.TunnelAsk);

    /// <summary>As it is stored.</summary>
    public string Text() => JsonSerializer.Serialize(this, TunnelAskJson.Default.TunnelAsk);
}

/// <summary>How it is stored.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(TunnelAsk))]
internal sealed partial class TunnelAskJson : JsonSerializerContext;
