using System.Globalization;
using System.Net;
using Adit.Api;

namespace Adit.Hub.Config;

/// <summary>The kinds of values that there are.</summary>
internal static class ConfigTypes
{
    private static readonly (string Unit, long Ticks)[] DurationUnits =
        [("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour)];

    private static readonly (string Unit, long Bytes)[] SizeUnits =
        [("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10)];

    public static ConfigType<string> Text { get; } = new("TEXT", static text => text, static value => value);

    public static ConfigType<string> File { get; } = Text with { Word = "FILE", IsPath = true };

    public static ConfigType<string> Directory { get; } = Text with { Word = "DIR", IsPath = true };

    public static ConfigType<bool> Switch { get; } = new(
        "true|false",
        static text => text switch
        {
            "true" or "yes" or "on" or "1" => true,
            "false" or "no" or "off" or "0" => false,
            _ => throw new FormatException("is true or false"),
        },
        static value => value ? "true" : "false");

    public static ConfigType<TimeSpan> Duration { get; } = new("DURATION", ParseDuration, ShowDuration);

    public static ConfigType<string> Listener { get; } = new(
        "ADDRESS:PORT",
        static text => ListenAddress.TryParse(text, out var address)
            ? address.ToString()
            : throw new FormatException("is an address and a port, such as 127.0.0.1:8080, [::1]:8080 or *:443"),
        static value => value);

    public static ConfigType<string> Address { get; } = new(
        "ADDRESS",
        static text => IPAddress.TryParse(text, out var address) ? address.ToString() : throw new FormatException("is an IP address"),
        static value => value);

    public static ConfigType<string> Network { get; } = new(
        "ADDRESS|CIDR",
        static text =>
            IPAddress.TryParse(text, out _) || IPNetwork.TryParse(text, out _)
                ? text
                : throw new FormatException("is an address or a network, such as 10.0.0.0/8"),
        static value => value);

    public static ConfigType<string> Host { get; } = new(
        "NAME",
        static text => Uri.CheckHostName(text) == UriHostNameType.Dns && text.Length <= 253 && text.All(char.IsAscii) && !text.EndsWith('.')
            ? text.ToLowerInvariant()
            : throw new FormatException("is a host name, such as hub.example.com"),
        static value => value);

    public static ConfigType<string> HostOrAddress { get; } = Host with
    {
        Word = "NAME|ADDRESS",
        Parse = static text => IPAddress.TryParse(text, out var address) ? address.ToString() : Host.Parse(text),
    };

    public static ConfigType<PortRange> Ports { get; } = new(
        "FIRST-LAST",
        ParsePorts,
        static value => string.Create(CultureInfo.InvariantCulture, $"{value.First}-{value.Last}"));

    public static ConfigType<RequestRate> Rate { get; } = new(
        "RATE",
        static text => RequestRate.TryParse(text, out var rate)
            ? rate
            : throw new FormatException("is requests in a time, such as 100/s or 600/m, or 0 for no bound"),
        static value => value.ToString());

    public static ConfigType<string> Url { get; } = new(
        "URL",
        static text =>
            Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
                ? text
                : throw new FormatException("is an http:// or https:// URL"),
        ShowUrl);

    public static ConfigType<string> AcmeDirectory { get; } = Url with
    {
        Word = "URL|letsencrypt",
        Parse = static text => text switch
        {
            "letsencrypt" => "https://acme-v02.api.letsencrypt.org/directory",
            "letsencrypt-staging" => "https://acme-staging-v02.api.letsencrypt.org/directory",
            _ => Url.Parse(text),
        },
    };

    public static ConfigType<decimal> Price { get; } = new(
        "AMOUNT",
        static text => decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value <= 1_000_000
            ? value
            : throw new FormatException("is an amount from 0 to 1000000, such as 0.04"),
        static value => value.ToString(CultureInfo.InvariantCulture));

    public static ConfigType<string> Currency { get; } = new(
        "WORD",
        static text => text.Length == 3 && text.All(char.IsAsciiLetterUpper) ? text : throw new FormatException("is three capital letters, such as EUR"),
        static value => value);

    /// <summary>A whole number between bounds.</summary>
    public static ConfigType<int> Number(int least, int most) => new(
        "NUMBER",
        text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"is a whole number from {least} to {most}")),
        static value => value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Bytes, up to a bound.</summary>
    public static ConfigType<int> Size(int most) => new(
        "SIZE",
        text =>
            ByteSize.TryParse(text, out var value) && value <= most
                ? (int)value
                : throw new FormatException($"is a size up to {ShowSize(most)}, such as 64KiB"),
        static value => ShowSize(value));

    /// <summary>One of a few words.</summary>
    public static ConfigType<string> OneOf(params string[] words) => new(
        string.Join('|', words),
        text => words.Contains(text, StringComparer.Ordinal) ? text : throw new FormatException($"is one of {string.Join(", ", words)}"),
        static value => value);

    private static TimeSpan ParseDuration(string text)
    {
        if (!Api.Duration.TryParse(text, out var duration) && !Api.Duration.TryParse(text + "s", out duration))
            throw new FormatException("is a duration, such as 90s, 5m or 1h");
        return duration <= TimeSpan.FromDays(30) ? duration : throw new FormatException("is at most 720h");
    }

    private static string ShowDuration(TimeSpan value)
    {
        foreach (var (unit, ticks) in DurationUnits.Reverse())
        {
            if (value.Ticks >= ticks && value.Ticks % ticks == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{value.Ticks / ticks}{unit}");
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value.TotalSeconds}s");
    }

    private static string ShowSize(long value)
    {
        foreach (var (unit, bytes) in SizeUnits)
        {
            if (value >= bytes && value % bytes == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{value / bytes}{unit}");
        }

        return value.ToString(CultureInfo.InvariantCulture);
    }

    private static PortRange ParsePorts(string text)
    {
        var dash = text.IndexOf('-');
        var first = Port(dash < 0 ? text : text[..dash]);
        var last = dash < 0 ? first : Port(text[(dash + 1)..]);
        return first is { } from && last is { } to && from <= to
            ? new PortRange(from, to)
            : throw new FormatException("is a port or a range of ports, such as 20000-20999");

        static int? Port(string text) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535 ? port : null;
    }

    private static string ShowUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.UserInfo.Length > 0
            ? text.Replace(uri.UserInfo + "@", "***@", StringComparison.Ordinal)
            : text;
}
