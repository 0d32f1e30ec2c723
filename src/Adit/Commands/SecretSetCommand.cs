using System.CommandLine;
using System.Text;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit secret set</c>. A value comes from a file or standard input: a command line can be seen by others, and shells keep it.</summary>
internal static class SecretSetCommand
{
    private const string StandardInput = "-";

    public static Command Create(HubAccessOptions access)
    {
        var name = SecretCommand.Name();
        var project = SecretCommand.Project();
        var file = new Option<string>("--from-file") { Description = "The file whose content it is, every byte of it; '-' for standard input.", HelpName = "FILE", DefaultValueFactory = static _ => StandardInput };
        var command = new Command(
            "set",
            "Set a secret, or give it another value, for all that starts from then on. Read from standard input, where one line break at the end does not count, or from a file; at most 64 KiB of UTF-8. "
            + "Those of the hub are for admins, those of a project for its maintainers.") { name, project, file };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(name)!, parsed.GetValue(project), parsed.GetValue(file)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, string? project, string file, CancellationToken cancellationToken)
    {
        var value = file == StandardInput ? await AskAsync(cancellationToken) : await ReadAsync(file, cancellationToken);
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var secret = await api.SetSecretAsync(name, project, value, cancellationToken);
        Screen.Note($"The {SecretCommand.Words(name, project)} is set (version {secret.Version}); tasks that run keep what they have.");
        return ExitCode.Ok;
    }

    // At a terminal a line that is not shown; from a pipe all that comes.
    private static async Task<string> AskAsync(CancellationToken cancellationToken)
    {
        if (!Console.IsInputRedirected)
            return Screen.ReadSecret("Value: ") is { Length: > 0 } typed ? typed : throw new CommandException(ExitCode.Usage, "No value was typed.");
        var text = await DecodeAsync(Console.OpenStandardInput(), "Standard input", cancellationToken);
        return text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
    }

    private static async Task<string> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = File.OpenRead(path);
            return await DecodeAsync(file, path, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Usage, $"{path} cannot be read: {e.Message}");
        }
    }

    private static async Task<string> DecodeAsync(Stream from, string what, CancellationToken cancellationToken)
    {
        var bytes = new byte[SetSecretRequest.MostBytes + 3]; // A line break more than there may be, and one byte to see that there is too much.
        var length = await from.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        if (length == bytes.Length)
            throw new CommandException(ExitCode.Usage, $"{what} has more than the 64 KiB that a secret may have.");
        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            throw new CommandException(ExitCode.Usage, $"{what} is no UTF-8; variables hold text. Write bytes as base64, and have the program read that.");
        }
    }
}
