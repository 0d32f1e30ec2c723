using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Adit.Hub.Access.SignIn.Ldap;
using Adit.Testing;

namespace Adit.Hub.Tests.Access.SignIn.Ldap;

/// <summary>A real OpenLDAP on loopback with a few people and groups, and a certificate of its own authority.</summary>
internal sealed class SlapdServer : IAsyncDisposable
{
    private const string Root = "dc=test,dc=local";
    private readonly TempDirectory _directory = new();
    private ChildProcess? _process;

    private SlapdServer()
    {
    }

    public int Port { get; } = Ports.Free();

    public int TlsPort { get; } = Ports.Free();

    public string CaFile => _directory.File("ca.pem");

    public string PasswordFile => _directory.File("bind-password");

    public static async Task<SlapdServer> StartAsync()
    {
        var server = new SlapdServer();
        try
        {
            server.WriteCertificates();
            server._directory.Write("bind-password", "secret\n");
            Directory.CreateDirectory(server._directory.File("db"));
            server._directory.Write("slapd.conf", server.Configuration());
            server._directory.Write("base.ldif", Content);
            await ChildProcess.RunAsync("/usr/sbin/slapadd", ["-f", server._directory.File("slapd.conf"), "-l", server._directory.File("base.ldif")]);
            await server.ResumeAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the hub is told of it; in clear on loopback, unless changed.</summary>
    public LdapOptions Options(string? url = null) => new()
    {
        Name = "corp",
        Title = "Corporate directory",
        Urls = [new Uri(url ?? string.Create(CultureInfo.InvariantCulture, $"ldap://127.0.0.1:{Port}"))],
        BindDn = "cn=admin," + Root,
        BindPasswordFile = PasswordFile,
        UserBase = "ou=people," + Root,
        GroupBase = "ou=groups," + Root,
        Timeout = TimeSpan.FromSeconds(20),
    };

    /// <summary>Ends it, as when its machine goes down.</summary>
    public async Task StopAsync()
    {
        await _process!.StopAsync();
        await _process.DisposeAsync();
        _process = null;
    }

    /// <summary>Starts it again.</summary>
    public async Task ResumeAsync()
    {
        var listen = string.Create(CultureInfo.InvariantCulture, $"ldap://127.0.0.1:{Port} ldaps://127.0.0.1:{TlsPort}");
        _process = ChildProcess.Start("/usr/sbin/slapd", ["-f", _directory.File("slapd.conf"), "-h", listen, "-d", "0"]);
        await Eventually.HoldsAsync(
            async () =>
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await socket.ConnectAsync(IPAddress.Loopback, TlsPort);
                    return true;
                }
                catch (SocketException) when (!_process.HasExited)
                {
                    return false;
                }
            },
            "slapd listens");
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        _directory.Dispose();
    }

    private string Configuration() => $"""
        include /etc/ldap/schema/core.schema
        include /etc/ldap/schema/cosine.schema
        include /etc/ldap/schema/inetorgperson.schema
        modulepath /usr/lib/ldap
        moduleload back_mdb
        pidfile {_directory.File("slapd.pid")}
        TLSCACertificateFile {CaFile}
        TLSCertificateFile {_directory.File("server.pem")}
        TLSCertificateKeyFile {_directory.File("server.key")}
        database mdb
        suffix "{Root}"
        rootdn "cn=admin,{Root}"
        rootpw secret
        directory {_directory.File("db")}
        access to attrs=userPassword by anonymous auth by * none
        access to * by dn.exact="cn=admin,{Root}" read by self read by * none
        """.Replace("        ", "", StringComparison.Ordinal) + "\n";

    private void WriteCertificates()
    {
        var now = DateTimeOffset.Parse("2020-01-01T00:00:00Z", CultureInfo.InvariantCulture);
        using var authorityKey = RSA.Create(2048);
        var authorityRequest = new CertificateRequest("CN=Test authority", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        authorityRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var authority = authorityRequest.CreateSelfSigned(now, now.AddYears(30));
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, now, now.AddYears(29), [1, 2, 3, 4]);
        _directory.Write("ca.pem", authority.ExportCertificatePem() + "\n");
        _directory.Write("server.pem", certificate.ExportCertificatePem() + "\n");
        _directory.Write("server.key", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    private const string Content = """
        dn: dc=test,dc=local
        objectClass: top
        objectClass: dcObject
        objectClass: organization
        o: Test
        dc: test

        dn: ou=people,dc=test,dc=local
        objectClass: organizationalUnit
        ou: people

        dn: ou=groups,dc=test,dc=local
        objectClass: organizationalUnit
        ou: groups

        dn: uid=alice,ou=people,dc=test,dc=local
        objectClass: inetOrgPerson
        uid: alice
        cn: Alice Anders
        sn: Anders
        mail: alice@test.local
        seeAlso: cn=from-entry,ou=groups,dc=test,dc=local
        userPassword: alice's password

        dn: uid=bob,ou=people,dc=test,dc=local
        objectClass: inetOrgPerson
        uid: bob
        cn: Bob
        sn: Bob
        userPassword: bob's password

        dn: uid=admin,ou=people,dc=test,dc=local
        objectClass: inetOrgPerson
        uid: admin
        cn: Not the admin here
        sn: Not
        userPassword: a stranger's password

        dn: cn=Data Science,ou=groups,dc=test,dc=local
        objectClass: groupOfNames
        cn: Data Science
        member: uid=alice,ou=people,dc=test,dc=local

        dn: cn=ops,ou=groups,dc=test,dc=local
        objectClass: groupOfNames
        cn: ops
        member: uid=alice,ou=people,dc=test,dc=local
        member: uid=bob,ou=people,dc=test,dc=local

        """;
}
