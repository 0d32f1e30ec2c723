using Adit.Link;
using Adit.Runner.Hubs;
using Adit.Runner.Yaml;

namespace Adit.Runner.Tunnels;

/// <summary>
/// A file of tunnels for <c>adit tunnel run</c>: hubs, each with its tunnels, or one hub's tunnels at the top. Specified in
/// docs/guide/tunnels-file.md.
/// </summary>
public sealed record TunnelsFile
{
    private const int MaxTunnels = 10_000;

    /// <summary>The hubs, in the order of the file.</summary>
    public required EquatableList<HubSection> Hubs { get; init; }

    /// <summary>Reads it.</summary>
    /// <exception cref="YamlFileException">Something of it is wrong; the message says where.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static TunnelsFile Load(string file) => Read(YamlMap.Load(file));

    /// <summary>Reads text as if it were a file of that name.</summary>
    /// <inheritdoc cref="Load" path="/exception"/>
    public static TunnelsFile Parse(string file, string text) => Read(YamlMap.Parse(file, text));

    private static TunnelsFile Read(YamlMap root)
    {
        if (root.Maps("hubs") is not { } hubs)
            return new TunnelsFile { Hubs = [HubSection.Read(root)] };
        root.Finish();
        if (hubs.Count == 0)
            throw root.Problem("hubs", "at least one hub is expected");
        return new TunnelsFile { Hubs = [.. hubs.Select(HubSection.Read)] };
    }

    /// <summary>One hub and the tunnels that this client serves on it.</summary>
    public sealed record HubSection
    {
        /// <summary>The hub's address; null leaves it to the command line.</summary>
        public string? Url { get; init; }

        /// <summary>A file with the token; null leaves it to the command line.</summary>
        public string? TokenFile { get; init; }

        /// <summary>The variable with the token.</summary>
        public string? TokenVariable { get; init; }

        /// <summary>Authorities of the hub, PEM.</summary>
        public string? CaFile { get; init; }

        /// <summary>The fingerprint of the hub's key.</summary>
        public string? Pin { get; init; }

        /// <summary>The client's name.</summary>
        public string? ClientName { get; init; }

        /// <summary>The most data connections; 0 for no limit.</summary>
        public int MaxConnections { get; init; } = LinkClientOptions.DefaultMaxConnections;

        /// <summary>Targets allowed beyond those of the tunnels.</summary>
        public EquatableList<string> Allow { get; init; } = [];

        /// <summary>The tunnels; every one has a name.</summary>
        public EquatableList<TunnelSpec> Tunnels { get; init; } = [];

        internal static HubSection Read(YamlMap map)
        {
            var section = new HubSection
            {
                Url = Checked(map, "hub", static t => HubAccess.ParseUrl(t).ToString()),
                TokenFile = map.Text("token-file"),
                TokenVariable = map.Text("token-env"),
                CaFile = map.Text("ca-file"),
                Pin = map.Text("pin"),
                ClientName = map.Text("client-name"),
                MaxConnections = (int)(map.Number("max-connections", 0, 100_000) ?? LinkClientOptions.DefaultMaxConnections),
                Allow = [.. CheckedMany(map, "allow", static t => AllowRule.Parse(t))],
                Tunnels = [.. ReadTunnels(map)],
            };
            map.Finish();
            return section;
        }

        private static List<TunnelSpec> ReadTunnels(YamlMap map)
        {
            var tunnels = map.Map("tunnels") ?? Missing(map);
            var names = tunnels.Keys.ToList();
            if (names.Count > MaxTunnels)
                throw map.Problem("tunnels", $"there are {names.Count}; a client serves at most {MaxTunnels}");
            return [.. names.Select(name => TunnelEntry.Read(name, tunnels.Map(name)!))];
        }

        private static YamlMap Missing(YamlMap map)
        {
            map.Finish(); // A key misspelt, perhaps.
            throw new YamlFileException(map.File, map.Line, "there are no 'tunnels'");
        }

        private static string? Checked(YamlMap map, string key, Func<string, string> parse)
        {
            try
            {
                return map.Text(key) is { } text ? parse(text) : null;
            }
            catch (FormatException e)
            {
                throw map.Problem(key, e.Message);
            }
        }

        private static IReadOnlyList<string> CheckedMany(YamlMap map, string key, Action<string> check)
        {
            var texts = map.Texts(key) ?? [];
            try
            {
                foreach (var text in texts)
                    check(text);
                return texts;
            }
            catch (FormatException e)
            {
                throw map.Problem(key, e.Message);
            }
        }
    }
}
