using System.Globalization;
using Adit.Api;

namespace Adit.Terminal;

/// <summary>Numbers and states as people read them.</summary>
internal static class Words
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB"];

    public static string Of(TunnelKind kind) => kind switch
    {
        TunnelKind.Http => "http",
        TunnelKind.Tcp => "tcp",
        _ => "tls",
    };

    public static string Of(ProjectRole role) => role switch
    {
        ProjectRole.Viewer => "viewer",
        ProjectRole.Member => "member",
        ProjectRole.Maintainer => "maintainer",
        _ => "owner",
    };

    /// <summary>The role of a word, which is one.</summary>
    public static ProjectRole RoleOf(string word) => word switch
    {
        "viewer" => ProjectRole.Viewer,
        "member" => ProjectRole.Member,
        "maintainer" => ProjectRole.Maintainer,
        _ => ProjectRole.Owner,
    };

    public static string Of(PlatformRole role) => role switch
    {
        PlatformRole.Admin => "admin",
        PlatformRole.Auditor => "auditor",
        _ => "user",
    };

    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary><c>512 B</c>, <c>1.2 MB</c> (powers of 1000).</summary>
    public static string Bytes(double bytes)
    {
        var unit = 0;
        while (bytes >= 999.5 && unit < Units.Length - 1)
        {
            bytes /= 1000;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{(unit == 0 || bytes >= 99.95 ? bytes.ToString("0", CultureInfo.InvariantCulture) : bytes.ToString("0.0", CultureInfo.InvariantCulture))} {Units[unit]}");
    }

    /// <summary>Date and time, local, to the minute.</summary>
    public static string Date(DateTimeOffset at) => at.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary><c>3 ms</c>, <c>1.2 s</c>, <c>2 min</c>.</summary>
    public static string Duration(double milliseconds) => milliseconds switch
    {
        < 9.95 => milliseconds.ToString("0.0", CultureInfo.InvariantCulture) + " ms",
        < 999.5 => milliseconds.ToString("0", CultureInfo.InvariantCulture) + " ms",
        < 119_500 => (milliseconds / 1000).ToString("0.0", CultureInfo.InvariantCulture) + " s",
        _ => (milliseconds / 60_000).ToString("0", CultureInfo.InvariantCulture) + " min",
    };
}
