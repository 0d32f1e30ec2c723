using Adit.Hub.Access.SignIn.Ldap;
using Adit.Hub.Access.SignIn.Oidc;
using Adit.Hub.Config;
using Adit.Testing;

namespace Adit.Hub.Tests.Config;

public sealed class SignInSectionTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Directories_and_providers_are_read_with_their_order_and_maps()
    {
        var (options, report) = Load(
            """
            domain: hub.example.com
            sign-in:
              - name: corp
                kind: ldap
                url: [ldaps://one.test, "ldap://two.test:1389"]
                bind-dn: cn=adit,dc=test
                bind-password-file: ldap-password
                user-base: ou=people,dc=test
                user-filter: (sAMAccountName={name})
                timeout: 2s
                group-map:
                  data-science: ds
                  cn=ops,ou=groups,dc=test: operators
              - name: company
                kind: oidc
                title: The company
                issuer: https://id.example.com/realm
                client-id: adit
                client-secret-file: secret
                groups-claim: groups
                allowed-groups: ds
                log-out: provider
            """);
        Assert.Empty(report.Problems);
        Assert.Equal("hub.example.com", options!.Domain);
        Assert.Contains(report.Entries, static e => e is { Key: "sign-in", Value: "corp, company" });
        var corp = Assert.IsType<LdapOptions>(options.SignIn[0]);
        Assert.Equal([636, 1389], corp.Urls.Select(static u => u.Port));
        Assert.True(corp.StartTls);
        Assert.Equal((_directory.File("ldap-password"), TimeSpan.FromSeconds(2), "corp"), (corp.BindPasswordFile, corp.Timeout, corp.Title));
        Assert.Equal(("ds", "operators"), (corp.GroupMap["data-science"], corp.GroupMap["cn=ops,ou=groups,dc=test"]));
        var company = Assert.IsType<OidcOptions>(options.SignIn[1]);
        Assert.Equal(("The company", "groups", new Uri("https://id.example.com/realm")), (company.Title, company.GroupsClaim, company.Issuer));
        Assert.Equal(["ds"], company.AllowedGroups);
        Assert.True(company.LogsOutAtProvider);
    }

    [Theory]
    [InlineData("sign-in: corp", "has to be a list")]
    [InlineData("sign-in:\n- name: corp", "needs 'kind'")]
    [InlineData("sign-in:\n- kind: saml\n  name: corp", "is one of ldap, oidc")]
    [InlineData("sign-in:\n- kind: ldap\n  name: corp\n  user-base: dc=test", "needs 'url'")]
    [InlineData("sign-in:\n- kind: ldap\n  name: corp\n  url: http://x\n  user-base: dc=test", "ldap://HOST")]
    [InlineData("sign-in:\n- kind: ldap\n  name: corp\n  url: ldap://x\n  start-tls: false\n  user-base: dc=test", "in clear")]
    [InlineData("sign-in:\n- kind: ldap\n  name: local\n  url: ldaps://x\n  user-base: dc=test", "neither 'local'")]
    [InlineData("sign-in:\n- kind: ldap\n  name: corp\n  url: ldaps://x\n  user-base: dc=test\n  user-filter: (uid=x)", "no {name}")]
    [InlineData("sign-in:\n- kind: ldap\n  name: corp\n  url: ldaps://x\n  user-base: dc=test\n  user-filter: (uid={name}", "no filter")]
    [InlineData("sign-in:\n- kind: ldap\n  name: corp\n  url: ldaps://x\n  user-base: dc=test\n  bind-dn: cn=x", "go together")]
    [InlineData("sign-in:\n- kind: ldap\n  name: corp\n  url: ldaps://x\n  user-base: dc=test\n  user-bsae: dc=test", "Is 'user-base' meant?")]
    [InlineData("sign-in:\n- kind: oidc\n  name: x\n  issuer: http://id.example.com\n  client-id: a", "https:// URL")]
    [InlineData("sign-in:\n- kind: oidc\n  name: x\n  issuer: https://id.example.com\n  client-id: a\n  log-out: everywhere", "is one of hub, provider")]
    [InlineData("sign-in:\n- kind: oidc\n  name: x\n  issuer: https://id.example.com\n  client-id: a\n  scopes: email", "openid")]
    [InlineData("sign-in:\n- kind: oidc\n  name: x\n  issuer: https://id.example.com\n  client-id: a\n  allowed-groups: ds", "groups-claim")]
    [InlineData("sign-in:\n- kind: oidc\n  name: x\n  issuer: https://a.test\n  client-id: a\n- kind: oidc\n  name: x\n  issuer: https://b.test\n  client-id: a", "two sources named 'x'")]
    public void What_is_wrong_is_said_with_its_line(string yaml, string message)
    {
        var (options, report) = Load(yaml);
        Assert.Null(options);
        Assert.Contains(report.Problems, p => p.Message.Contains(message, StringComparison.Ordinal) && p.Origin.Line > 0);
    }

    private (HubOptions? Options, ConfigReport Report) Load(string yaml) =>
        HubConfig.Load(_directory.Write("adit.yaml", yaml), new Dictionary<string, string> { ["HOME"] = _directory.Path }, new Dictionary<string, IReadOnlyList<string>>());
}
