using Adit.Hub.Config;
using Adit.Testing;

namespace Adit.Hub.Tests.Config;

public sealed class HubConfigTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly Dictionary<string, string> _environment = [];
    private readonly Dictionary<string, IReadOnlyList<string>> _flags = [];

    public HubConfigTests() => _environment["HOME"] = _directory.Path;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Nothing_said_is_a_valid_hub_on_loopback()
    {
        var (options, report) = Load();

        Assert.NotNull(options);
        Assert.Empty(report.Problems);
        Assert.Equal(["127.0.0.1:8080"], options.Listen);
        Assert.Equal(Path.Combine(_directory.Path, ".local", "share", "adit"), options.DataDirectory);
        Assert.All(report.Entries, entry => Assert.Equal("default", entry.Origin.ToString()));
        Assert.Equal(ConfigKeys.All.Count, report.Entries.Count);
    }

    [Theory]
    [InlineData("hub.example.com")]
    [InlineData("apps.hub.example.com")]
    [InlineData("example.com")]
    [InlineData("localhost")]
    [InlineData("10.0.0.1")]
    [InlineData("apps.a23456789012345678901234567890123456789.b23456789012345678901234567890123456789.c2345678901234.example")]
    public void The_host_of_path_mode_is_neither_the_hubs_nor_a_tunnels(string host)
    {
        _flags["--domain"] = ["hub.example.com"];
        _flags["--path-host"] = [host];
        Assert.Contains("path-host", Assert.Single(Load().Report.Problems).ToString(), StringComparison.Ordinal);
        _flags["--path-host"] = ["apps.example.com"];
        Assert.Equal("apps.example.com", Load().Options!.PathHost);
    }

    [Fact]
    public void A_flag_wins_over_the_environment_and_that_over_the_file()
    {
        var file = _directory.Write("adit.yaml", "domain: file.example.com\ntunnel-grace: 5m\ndrain-timeout: 10\n");
        _environment["ADIT_HUB_DOMAIN"] = "environment.example.com";
        _environment["ADIT_HUB_TUNNEL_GRACE"] = "90s";
        _flags["--domain"] = ["Flag.example.com"];

        var (options, report) = Load(file);

        Assert.NotNull(options);
        Assert.Equal("flag.example.com", options.Domain);
        Assert.Equal(TimeSpan.FromSeconds(90), options.TunnelGrace);
        Assert.Equal(TimeSpan.FromSeconds(10), options.DrainTimeout);
        Assert.Equal("--domain", Entry(report, "domain").Origin.ToString());
        Assert.Equal("ADIT_HUB_TUNNEL_GRACE", Entry(report, "tunnel-grace").Origin.ToString());
        Assert.Equal("90s", Entry(report, "tunnel-grace").Value);
        Assert.Equal(file + ":3", Entry(report, "drain-timeout").Origin.ToString());
    }

    [Fact]
    public void Every_key_can_be_set_in_each_of_the_three_places()
    {
        foreach (var key in ConfigKeys.All)
        {
            var value = Example(key);
            var yaml = string.Concat(key.Name.Split('.').Select((part, i) => new string(' ', i * 2) + part + ":\n")).TrimEnd() + " " + value;
            var file = Path.Combine(_directory.Path, "one.yaml");
            File.WriteAllText(file, yaml);

            var fromFile = HubConfig.Load(file, _environment, _flags).Report;
            var fromVariable = HubConfig.Load(null, new Dictionary<string, string>(_environment) { [key.Variable] = value }, _flags).Report;
            var fromFlag = HubConfig.Load(null, _environment, new Dictionary<string, IReadOnlyList<string>> { [key.Flag] = [value] }).Report;

            Assert.Equal(ConfigSource.File, Entry(fromFile, key.Name).Origin.Source);
            Assert.Equal(ConfigSource.Environment, Entry(fromVariable, key.Name).Origin.Source);
            Assert.Equal(ConfigSource.Flag, Entry(fromFlag, key.Name).Origin.Source);
            Assert.NotEmpty(Entry(fromFlag, key.Name).Value);
            Assert.All([fromFile, fromVariable, fromFlag], report => Assert.DoesNotContain(report.Problems, problem => problem.Message.Contains($"'{key.Name}' is", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void The_file_in_the_data_directory_is_found_without_being_named()
    {
        _directory.Write("adit.yaml", "domain: found.example.com");
        _flags["--data"] = [_directory.Path];

        Assert.Equal("found.example.com", Load().Options!.Domain);
    }

    [Fact]
    public void A_named_file_that_is_missing_is_a_problem()
    {
        var (options, report) = Load(_directory.File("missing.yaml"));

        Assert.Null(options);
        Assert.Contains("cannot be read", Assert.Single(report.Problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_mistake_in_a_file_is_told_with_its_line_and_all_at_once()
    {
        var file = _directory.Write("adit.yaml", "domian: hub.example.com\nlisten: nowhere\ntls:\n  auto: maybe\n  acme: 5\ntunnel-grace: soon\ntcp-ports: 9-3\n");

        var (options, report) = Load(file);

        Assert.Null(options);
        Assert.Contains(report.Problems, problem => problem.ToString() == $"{file}:1: there is no key 'domian'. Is 'domain' meant?");
        Assert.Contains(report.Problems, problem => problem.ToString().StartsWith($"{file}:2: 'listen' is an address and a port", StringComparison.Ordinal));
        Assert.Contains(report.Problems, problem => problem.ToString() == $"{file}:4: 'tls.auto' is true or false, not 'maybe'.");
        Assert.Contains(report.Problems, problem => problem.ToString().StartsWith($"{file}:5: there is no key 'tls.acme'", StringComparison.Ordinal));
        Assert.Contains(report.Problems, problem => problem.ToString().StartsWith($"{file}:6: 'tunnel-grace' is a duration", StringComparison.Ordinal));
        Assert.Contains(report.Problems, problem => problem.ToString().StartsWith($"{file}:7: 'tcp-ports' is a port or a range", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("listen: [127.0.0.1:1\n", 2)]
    [InlineData("domain: a.example\ndomain: b.example\n", 2)]
    [InlineData("domain: *nobody\n", 1)]
    public void What_is_not_yaml_is_a_problem_with_a_line(string text, long line)
    {
        var (_, report) = Load(_directory.Write("adit.yaml", text));

        Assert.Contains(report.Problems, problem => problem.Origin.Line == line && problem.Message.StartsWith("this is not YAML", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("just words", "keys and values")]
    [InlineData("- a\n- b", "keys and values")]
    [InlineData("listen:\n  - {a: b}", "a value or a list")]
    public void Yaml_of_the_wrong_shape_is_a_problem(string text, string said) =>
        Assert.Contains(Load(_directory.Write("adit.yaml", text)).Report.Problems, problem => problem.Message.Contains(said, StringComparison.Ordinal));

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    [InlineData("domain:\n")]
    [InlineData("domain: null\n")]
    public void A_file_that_says_nothing_changes_nothing(string text) =>
        Assert.Equal("adit.localhost", Load(_directory.Write("adit.yaml", text)).Options!.Domain);

    [Fact]
    public void A_misspelt_variable_is_not_passed_over()
    {
        _environment["ADIT_HUB_LISTEN_TSL"] = "0.0.0.0:443";

        Assert.Equal("ADIT_HUB_LISTEN_TSL: there is no such variable. Is 'ADIT_HUB_LISTEN_TLS' meant?", Assert.Single(Load().Report.Problems).ToString());
    }

    [Theory]
    [InlineData("0.0.0.0:8080")]
    [InlineData("*:8080")]
    [InlineData("[::]:8080")]
    [InlineData("192.0.2.1:8080")]
    public void A_hub_does_not_listen_in_clear_beyond_loopback_unless_told_twice(string listen)
    {
        _flags["--listen"] = [listen];
        Assert.Contains("other machines", Assert.Single(Load().Report.Problems).Message, StringComparison.Ordinal);

        _flags["--allow-insecure"] = ["true"];
        Assert.NotNull(Load().Options);
    }

    [Fact]
    public void A_tls_listener_needs_a_certificate()
    {
        _flags["--listen-tls"] = ["0.0.0.0:443"];
        Assert.Contains("needs a certificate", Assert.Single(Load().Report.Problems).Message, StringComparison.Ordinal);

        _flags["--auto-tls"] = ["true"];
        Assert.True(Load().Options!.Tls.Auto);
    }

    [Fact]
    public void A_file_of_a_certificate_is_named_relative_to_the_file_that_names_it()
    {
        var file = _directory.Write("etc/adit.yaml", "listen-tls: 127.0.0.1:8443\ntls:\n  cert: chain.pem\n  key: key.pem\n");

        Assert.Equal(new CertificateFiles(_directory.File("etc/chain.pem"), _directory.File("etc/key.pem")), Assert.Single(Load(file).Options!.Tls.Certificates));
    }

    [Fact]
    public void A_certificate_without_its_key_is_a_problem()
    {
        _flags["--listen-tls"] = ["127.0.0.1:8443"];
        _flags["--cert"] = ["a.pem", "b.pem"];
        _flags["--key"] = ["a.key"];

        Assert.Contains("same number", Assert.Single(Load().Report.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_are_masked_in_the_report_and_in_problems()
    {
        _environment["ADIT_HUB_OTLP_HEADERS"] = "authorization=Bearer hunter2";
        _flags["--otlp-endpoint"] = ["https://user:hunter2@traces.example.com"];

        var (options, report) = Load();

        Assert.Equal("authorization=Bearer hunter2", options!.OtlpHeaders);
        Assert.Equal("***", Entry(report, "otlp-headers").Value);
        Assert.Equal("https://***@traces.example.com", Entry(report, "otlp-endpoint").Value);
    }

    [Theory]
    [InlineData("250ms", 250)]
    [InlineData("1.5s", 1_500)]
    [InlineData("2", 2_000)]
    [InlineData("3m", 180_000)]
    [InlineData("1h", 3_600_000)]
    public void Durations_have_units(string text, int milliseconds)
    {
        _flags["--tunnel-grace"] = [text];
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Load().Options!.TunnelGrace);
    }

    [Theory]
    [InlineData("--tunnel-grace", "-1s")]
    [InlineData("--tunnel-grace", "99999h")]
    [InlineData("--tunnel-grace", "1e5s")]
    [InlineData("--inspect-body-bytes", "2GiB")]
    [InlineData("--inspect-body-bytes", "99999999999999999999GiB")]
    [InlineData("--inspect-requests", "-1")]
    [InlineData("--request-log-sampling", "9999999999")]
    [InlineData("--domain", "10.0.0.1")]
    [InlineData("--domain", "hub..example.com")]
    [InlineData("--domain", "hüb.example.com")]
    [InlineData("--tcp-ports", "0-5")]
    [InlineData("--tcp-ports", "5-70000")]
    [InlineData("--trusted-proxy", "10.0.0.1/33")]
    [InlineData("--listen", "hub.example.com:80")]
    [InlineData("--listen", "127.0.0.1:65536")]
    [InlineData("--listen", "127.1:80")]
    [InlineData("--otlp-endpoint", "ftp://x")]
    [InlineData("--acme-challenge", "dns-01")]
    public void What_no_hub_could_use_is_refused(string flag, string value)
    {
        _flags[flag] = [value];

        Assert.Contains(Load().Report.Problems, problem => problem.Origin.Name == flag);
    }

    private (HubOptions? Options, ConfigReport Report) Load(string? file = null) => HubConfig.Load(file, _environment, _flags);

    private static ConfigEntry Entry(ConfigReport report, string key) => report.Entries.Single(entry => entry.Key == key);

    private static string Example(ConfigKey key) => key.Word switch
    {
        "DIR" or "FILE" => "somewhere",
        "ADDRESS:PORT" => "127.0.0.1:9000",
        "NAME" or "NAME|ADDRESS" => "a.example.com",
        "true|false" => "true",
        "ADDRESS|CIDR" => "10.0.0.0/8",
        "TEXT" => "text",
        "FIRST-LAST" => "100-200",
        "ADDRESS" => "127.0.0.1",
        "DURATION" => "7s",
        "NUMBER" => "7",
        "SIZE" => "7KiB",
        "RATE" => "7/m",
        "AMOUNT" => "0.04",
        "WORD" => "EUR",
        "tls-alpn-01|http-01" => "http-01",
        _ => "https://a.example.com/",
    };
}
