using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.SignIn;
using Adit.Hub.Access.SignIn.Ldap;
using Adit.Hub.Access.SignIn.Oidc;

namespace Adit.Hub.Config;

/// <summary>Reads <c>sign-in</c> of <c>adit.yaml</c>: a list of directories and providers, each a mapping.</summary>
internal static class SignInSection
{
    public const string Key = "sign-in";

    private const int Most = 16;

    /// <summary>The sources that the file has; what is wrong is added to the problems.</summary>
    /// <param name="items">The list's items.</param>
    /// <param name="directory">What relative file names are relative to.</param>
    /// <param name="problems">Takes what is wrong.</param>
    public static IReadOnlyList<SignInOptions> Read(IReadOnlyList<ConfigFileItem> items, string directory, List<ConfigProblem> problems)
    {
        var sources = new List<SignInOptions>();
        foreach (var item in items)
        {
            var values = new SectionValues(item, directory, problems);
            var source = values.OneOf("kind", null, "ldap", "oidc") switch
            {
                "ldap" => ReadLdap(values),
                "oidc" => ReadOidc(values),
                _ => (SignInOptions?)null,
            };
            if (source is null)
                continue;
            values.ComplainOfRest();
            if (sources.Any(s => s.Name == source.Name))
                problems.Add(new ConfigProblem(item.Origin, $"there are two sources named '{source.Name}' in '{Key}'."));
            sources.Add(source);
        }

        if (sources.Count > Most)
            problems.Add(new ConfigProblem(items[Most].Origin, $"'{Key}' has at most {Most} sources."));
        return sources;
    }

    private static LdapOptions ReadLdap(SectionValues values)
    {
        var urls = values.Many("url", ParseLdapUrl, isNeeded: true);
        var startTls = values.Switch("start-tls") ?? urls.Any(static u => u.Scheme == "ldap" && !u.IsLoopback);
        if (!startTls && values.Switch("allow-insecure") != true && urls.FirstOrDefault(static u => u.Scheme == "ldap" && !u.IsLoopback) is { } open)
            values.Complain("start-tls", $"passwords would travel to {open} in clear. Use ldaps://, leave 'start-tls' on, or set 'allow-insecure'");
        _ = values.Switch("allow-insecure");
        var options = new LdapOptions
        {
            Name = ReadName(values),
            Title = values.Text("title") ?? values.Text("name") ?? "",
            Urls = urls,
            StartTls = startTls,
            CaFile = values.File("ca-file"),
            BindDn = values.Text("bind-dn"),
            BindPasswordFile = values.File("bind-password-file"),
            UserBase = values.Text("user-base", isNeeded: true) ?? "",
            GroupBase = values.Text("group-base"),
            GroupsAttribute = values.Text("groups-attribute"),
            GroupMap = values.Map("group-map"),
            AllowedGroups = values.Many("allowed-groups", static text => text),
        };
        options = options with
        {
            UserFilter = ReadFilter(values, "user-filter") ?? options.UserFilter,
            GroupFilter = ReadFilter(values, "group-filter") ?? options.GroupFilter,
            NameAttribute = values.Text("name-attribute") ?? options.NameAttribute,
            IdAttribute = values.Text("id-attribute") ?? options.IdAttribute,
            EmailAttribute = values.Text("email-attribute") ?? options.EmailAttribute,
            DisplayNameAttribute = values.Text("display-name-attribute") ?? options.DisplayNameAttribute,
            GroupNameAttribute = values.Text("group-name-attribute") ?? options.GroupNameAttribute,
            Timeout = values.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30)) ?? options.Timeout,
            SyncEvery = values.Duration("sync-every", TimeSpan.Zero, TimeSpan.FromDays(1)) ?? options.SyncEvery,
        };
        if (options.BindDn is not null != options.BindPasswordFile is not null)
            values.Complain("bind-dn", "'bind-dn' and 'bind-password-file' go together");
        if (!options.UserFilter.Contains("{name}", StringComparison.Ordinal))
            values.Complain("user-filter", "'user-filter' has no {name}, so it would find the same people whoever signs in");
        return options;
    }

    private static OidcOptions ReadOidc(SectionValues values)
    {
        var options = new OidcOptions
        {
            Name = ReadName(values),
            Title = values.Text("title") ?? values.Text("name") ?? "",
            Issuer = values.One("issuer", ParseIssuer, isNeeded: true) ?? new Uri("https://localhost"),
            ClientId = values.Text("client-id", isNeeded: true) ?? "",
            ClientSecretFile = values.File("client-secret-file"),
            GroupsClaim = values.Text("groups-claim"),
            CaFile = values.File("ca-file"),
            LogsOutAtProvider = values.OneOf("log-out", "hub", "hub", "provider") == "provider",
            GroupMap = values.Map("group-map"),
            AllowedGroups = values.Many("allowed-groups", static text => text),
        };
        var scopes = values.Many("scopes", static text => text);
        options = options with
        {
            Scopes = scopes.Count > 0 ? scopes : options.Scopes,
            NameClaim = values.Text("name-claim") ?? options.NameClaim,
            EmailClaim = values.Text("email-claim") ?? options.EmailClaim,
            DisplayNameClaim = values.Text("display-name-claim") ?? options.DisplayNameClaim,
            Timeout = values.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30)) ?? options.Timeout,
        };
        if (!options.Scopes.Contains("openid"))
            values.Complain("scopes", "'scopes' must contain openid");
        if (options is { AllowedGroups.Count: > 0, GroupsClaim: null })
            values.Complain("allowed-groups", "'allowed-groups' needs 'groups-claim': without it nobody is in any group");
        return options;
    }

    private static string ReadName(SectionValues values)
    {
        var name = values.Text("name", isNeeded: true) ?? "";
        if (name.Length > 0 && (name.Length > AccountRules.LongestName || name == Account.LocalSource || name == "token" || name.Any(static c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')))
            values.Complain("name", $"a source's name is 1 to {AccountRules.LongestName} of a-z, 0-9 and '-', and neither 'local' nor 'token'");
        return name;
    }

    private static string? ReadFilter(SectionValues values, string key)
    {
        if (values.Text(key) is not { } filter)
            return null;
        var sample = filter.Replace("{name}", "x", StringComparison.Ordinal).Replace("{dn}", "x", StringComparison.Ordinal);
        if (LdapFilter.Refusal(sample) is { } refusal)
            values.Complain(key, $"'{key}': {refusal}");
        return filter;
    }

    private static Uri ParseLdapUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "ldap" or "ldaps" && url.Host.Length > 0 && url.AbsolutePath is "" or "/" && url.Query.Length == 0
            ? new UriBuilder(url) { Port = url.Port > 0 ? url.Port : url.Scheme == "ldaps" ? 636 : 389 }.Uri
            : throw new FormatException("is ldap://HOST[:PORT] or ldaps://HOST[:PORT]");

    private static Uri ParseIssuer(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == "https" || (url.Scheme == "http" && url.IsLoopback)) && url.Query.Length == 0
            ? url
            : throw new FormatException("is an https:// URL (http:// on loopback only)");
}
