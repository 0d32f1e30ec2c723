using System.Globalization;
using Adit.Testing;

namespace Adit.Hub.Tests.Edge.Tls.Acme;

/// <summary>Debian's caddy as an ACME authority. It verifies names on ports 80 and 443, as every authority does.</summary>
internal sealed class CaddyAuthority : IAsyncDisposable
{
    private readonly TempDirectory _directory;
    private readonly ChildProcess _caddy;

    private CaddyAuthority(TempDirectory directory, ChildProcess caddy, int port)
    {
        _directory = directory;
        _caddy = caddy;
        Directory = string.Create(CultureInfo.InvariantCulture, $"https://localhost:{port}/acme/local/directory");
    }

    public string Directory { get; }

    public string CaFile => _directory.File("data/pki/authorities/local/root.crt");

    public string Output => _caddy.Output;

    public static async Task<CaddyAuthority> StartAsync()
    {
        var directory = new TempDirectory();
        var ports = Ports.FreeRange(2);
        var config = directory.Write("Caddyfile", string.Create(CultureInfo.InvariantCulture, $$"""
            {
              admin off
              auto_https disable_redirects
              http_port {{ports}}
              https_port {{ports + 1}}
              storage file_system {{directory.File("data")}}
              skip_install_trust
            }
            https://localhost:{{ports + 1}} {
              bind 127.0.0.1
              tls internal
              acme_server
            }
            """));
        var environment = new Dictionary<string, string?> { ["HOME"] = directory.Path, ["XDG_DATA_HOME"] = null, ["XDG_CONFIG_HOME"] = null };
        var caddy = ChildProcess.Start("caddy", ["run", "--config", config, "--adapter", "caddyfile"], environment);
        var authority = new CaddyAuthority(directory, caddy, ports + 1);
        try
        {
            await caddy.WaitForLineAsync("certificate obtained successfully");
            return authority;
        }
        catch
        {
            await authority.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _caddy.DisposeAsync();
        _directory.Dispose();
    }
}
