using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>POST /api/v1/device: a program asks to act as somebody, who confirms it in a browser (RFC 8628 3.1).</summary>
public sealed record BeginDeviceRequest
{
    /// <summary>What the token will be called: the machine's name, say; 1 to 100 characters.</summary>
    public required string ClientName { get; init; }
}

/// <summary>What the program shows, and what it asks with (RFC 8628 3.2).</summary>
public sealed record DeviceCodes
{
    /// <summary>The program's own secret, for POST /api/v1/device/token.</summary>
    public required string DeviceCode { get; init; }

    /// <summary>What somebody types at <see cref="VerificationUri"/>: <c>WDJB-MJHT</c>.</summary>
    public required string UserCode { get; init; }

    /// <summary>Where to type it: an address of the hub.</summary>
    public required string VerificationUri { get; init; }

    /// <summary>The same with the code in it, to click on.</summary>
    public required string VerificationUriComplete { get; init; }

    /// <summary>How long both codes are good, in seconds.</summary>
    public required int ExpiresIn { get; init; }

    /// <summary>How many seconds to wait between two questions.</summary>
    public required int Interval { get; init; }
}

/// <summary>
/// POST /api/v1/device/token: has somebody confirmed it (RFC 8628 3.4)? Answers the token, once; or a problem: 428
/// <c>authorization-pending</c>, 429 <c>slow-down</c> (wait five seconds longer from now on), 403 <c>access-denied</c>, 410
/// <c>expired</c>.
/// </summary>
public sealed record DeviceTokenRequest
{
    /// <summary>The program's secret.</summary>
    public required string DeviceCode { get; init; }
}

/// <summary>GET /api/v1/device/{userCode}: who asks, for somebody to decide.</summary>
public sealed record DeviceRequest
{
    /// <summary>What the program calls itself.</summary>
    public required string ClientName { get; init; }

    /// <summary>The code, as the program shows it.</summary>
    public required string UserCode { get; init; }

    /// <summary>Where it asked from.</summary>
    public string? Address { get; init; }

    /// <summary>When it asked.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Until when it can be confirmed.</summary>
    public required DateTimeOffset Expires { get; init; }
}

/// <summary>POST /api/v1/device/{userCode}: the decision.</summary>
public sealed record DecideDeviceRequest
{
    /// <summary>Whether the program gets a token.</summary>
    public required bool Approve { get; init; }

    /// <summary>What the token may do; null for all that the caller may.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>Whether the token may see and change everything, as an admin's session does; false when not said. Only an admin says so.</summary>
    public bool IsAdmin { get; init; }

    /// <summary>How long it is good, in seconds; 90 days when not said.</summary>
    public long? ExpiresInSeconds { get; init; }
}

/// <summary>JSON of this resource, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BeginDeviceRequest))]
[JsonSerializable(typeof(DeviceCodes))]
[JsonSerializable(typeof(DeviceTokenRequest))]
[JsonSerializable(typeof(DeviceRequest))]
[JsonSerializable(typeof(DecideDeviceRequest))]
public sealed partial class DevicesJson : JsonSerializerContext;
