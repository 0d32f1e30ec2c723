using System.CommandLine;
using Adit.Link;
using Adit.Runner.Hubs;
using Adit.Runner.Tunnels;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary>Which hub, and who one is there: the options of every command that talks to a hub.</summary>
internal sealed class HubAccessOptions
{
    private const int MaxToken = 4096;

    private readonly Option<string?> _hub = new("--hub")
    {
        Description = "The hub's address, such as https://hub.example.com. [ADIT_HUB]",
        HelpName = "URL",
        Recursive = true,
    };

    private readonly Option<string?> _token = new("--token")
    {
        Description = "The token; '-' reads it from standard input. Other users of this machine can see a command line: prefer ADIT_TOKEN "
            + "or --token-file. [ADIT_TOKEN]",
        HelpName = "TOKEN",
        Recursive = true,
    };

    private readonly Option<string?> _tokenFile = new("--token-file")
    {
        Description = "A file that holds the token. [ADIT_TOKEN_FILE]",
        HelpName = "FILE",
        Recursive = true,
    };

    private readonly Option<string?> _caFile = new("--ca-file")
    {
        Description = "Trust these certificate authorities (PEM) for the hub, beside the system's. [ADIT_CA_FILE]",
        HelpName = "FILE",
        Recursive = true,
    };

    private readonly Option<string?> _pin = new("--pin")
    {
        Description = "Trust the hub whose certificate chain has this key (sha256:…, printed by 'adit hub --auto-tls'). [ADIT_PIN]",
        HelpName = "FINGERPRINT",
        Recursive = true,
    };

    /// <summary>Adds the options to a command and all below it.</summary>
    public void AddTo(Command command)
    {
        command.Add(_hub);
        command.Add(_token);
        command.Add(_tokenFile);
        command.Add(_caFile);
        command.Add(_pin);
    }

    /// <summary>What the command line and the environment say.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="section">A file's section on the hub, for what the command line does not say.</param>
    /// <exception cref="CommandException">Something is missing.</exception>
    public HubAccess Read(ParseResult parsed, TunnelsFile.HubSection? section = null)
    {
        var url = ReadHub(parsed, section);
        return Access(parsed, section, url, Checked(ReadToken(parsed, section) ?? Credentials.Find(url)));
    }

    /// <summary>The hub, and the token that the command line itself gives; without one, nobody who signs in first.</summary>
    /// <exception cref="CommandException">No hub is named.</exception>
    public HubAccess ReadToSignIn(ParseResult parsed)
    {
        var isGiven = parsed.GetValue(_token) is not null || parsed.GetValue(_tokenFile) is not null;
        return Access(parsed, null, ReadHub(parsed, null), isGiven ? Checked(ReadToken(parsed, null)) : "");
    }

    /// <summary>The same for who may well have neither hub nor token yet: null without a hub, and no token where there is none.</summary>
    /// <exception cref="CommandException">What there is cannot be used.</exception>
    public HubAccess? ReadIfAny(ParseResult parsed)
    {
        if ((parsed.GetValue(_hub) ?? Value(parsed, _hub, "ADIT_HUB")) is null && Credentials.OnlyHub() is null)
            return null;
        var url = ReadHub(parsed, null);
        var token = ReadToken(parsed, null) ?? Credentials.Find(url);
        return Access(parsed, null, url, string.IsNullOrWhiteSpace(token) ? "" : Checked(token));
    }

    // Who is signed in to one hub only need not say which.
    private Uri ReadHub(ParseResult parsed, TunnelsFile.HubSection? section) =>
        (parsed.GetValue(_hub) ?? section?.Url ?? Value(parsed, _hub, "ADIT_HUB")) is { } hub
            ? HubAccess.ParseUrl(hub)
            : Credentials.OnlyHub() ?? throw new CommandException(ExitCode.Usage, "No hub is named. Give --hub URL or set ADIT_HUB.");

    private HubAccess Access(ParseResult parsed, TunnelsFile.HubSection? section, Uri url, string token) => new()
    {
        Url = url,
        Token = token,
        Trust = ReadTrust(parsed, section),
    };

    /// <summary>Which certificates are believed. A hub that is not known yet is trusted on first use, and its key is remembered.</summary>
    private TlsTrust ReadTrust(ParseResult parsed, TunnelsFile.HubSection? section) => new()
    {
        Pin = (parsed.GetValue(_pin) ?? section?.Pin ?? Value(parsed, _pin, "ADIT_PIN")) is { } pin ? KeyPin.Parse(pin) : null,
        CaFile = parsed.GetValue(_caFile) ?? section?.CaFile ?? Value(parsed, _caFile, "ADIT_CA_FILE"),
        FirstUse = new KnownHubs(Path.Combine(ClientFiles.Directory, "known-hubs")),
        Learned = static (hub, key) =>
            Screen.Note(
                $"The hub {hub} is new here: its key {key} is trusted from now on (compare it with what the hub printed at start)."),
    };

    /// <summary>The value of an option, else of an environment variable, else null.</summary>
    public static string? Value(ParseResult parsed, Option<string?> option, string variable) =>
        parsed.GetValue(option) ?? (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null);

    // The command line first, then what the file names, then the environment.
    private string? ReadToken(ParseResult parsed, TunnelsFile.HubSection? section) =>
        parsed.GetValue(_token) switch
        {
            "-" => Console.In.ReadLine() ?? "",
            { } given => given,
            null when (parsed.GetValue(_tokenFile) ?? section?.TokenFile) is { } file => ReadFile(file),
            null when section?.TokenVariable is { } variable => Environment.GetEnvironmentVariable(variable),
            null when Environment.GetEnvironmentVariable("ADIT_TOKEN") is { Length: > 0 } value => value,
            null => Environment.GetEnvironmentVariable("ADIT_TOKEN_FILE") is { Length: > 0 } file ? ReadFile(file) : null,
        };

    private static string Checked(string? token)
    {
        token = token?.Trim();
        if (string.IsNullOrEmpty(token))
            throw new CommandException(
                ExitCode.NotAuthorized,
                "There is no token. Sign in with 'adit login', set ADIT_TOKEN or give --token-file; the hub's first start wrote one to DATA/admin-token.");
        // What goes into a header must not break out of it.
        return token.Length <= MaxToken && token.All(static c => c is > ' ' and <= '~')
            ? token
            : throw new CommandException(
                ExitCode.Usage, "The token is not one: it has spaces, control characters or too many characters. Copy it again.");
    }

    private static string ReadFile(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Usage, $"The token file {file} cannot be read: {e.Message}");
        }
    }
}
