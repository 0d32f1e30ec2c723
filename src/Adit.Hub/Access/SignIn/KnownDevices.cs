using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Adit.Hub.Access.Sessions;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Access.SignIn;

/// <summary>
/// Browsers that have signed in to an account before, told by a cookie: <c>SECONDS.ID.MAC</c>, the time of issue, 16 random bytes and
/// HMAC-SHA-256 over both and the account, base64url. It opens nothing; it only lets its bearer's tries be counted apart from strangers'.
/// </summary>
internal sealed class KnownDevices(SignInKey key, TimeProvider time)
{
    private const int IdLength = 22;
    private const int MaxLength = 128;
    private static readonly TimeSpan Life = TimeSpan.FromDays(180);

    private readonly byte[] _key = key.For("known devices");

    /// <summary>Which known device of an account sends a request; null when none does.</summary>
    public string? Find(HttpRequest request, string account)
    {
        if (request.Cookies[NameFor(request)] is not { Length: > 0 and <= MaxLength } cookie
            || cookie.Split('.') is not [var issued, { Length: IdLength } id, var mac]
            || !long.TryParse(issued, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            return null;
        }

        var now = time.GetUtcNow();
        var isGood = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(mac), Encoding.UTF8.GetBytes(MacOf(issued, id, account)))
            && now - DateTimeOffset.FromUnixTimeSeconds(seconds) < Life;
        return isGood ? id : null;
    }

    /// <summary>Makes this browser one of an account's.</summary>
    public void Remember(HttpContext context, string account)
    {
        var issued = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        var secure = context.Request.IsHttps ? "; Secure" : "";
        context.Response.Headers.Append(
            "Set-Cookie",
            string.Create(CultureInfo.InvariantCulture, $"{NameFor(context.Request)}={issued}.{id}.{MacOf(issued, id, account)}; Path=/; Max-Age={(long)Life.TotalSeconds}; HttpOnly; SameSite=Strict{secure}"));
    }

    /// <summary>What makes a request one from an account's home: a known device, or an address that it is signed in from.</summary>
    public string? HomeOf(HttpContext context, string account, SessionRegistry sessions)
    {
        if (Find(context.Request, account) is { } device)
            return device;
        var address = context.Address();
        return address is not null && sessions.List(account).Any(s => s.Session.Address == address) ? address : null;
    }

    private static string NameFor(HttpRequest request) => request.IsHttps ? "__Host-adit_device" : "adit_device";

    private string MacOf(string issued, string id, string account) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{issued}.{id}.{account}")));
}
