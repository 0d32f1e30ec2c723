using System.CommandLine;

namespace Adit.Commands;

/// <summary><c>adit quota</c>: how much users and projects may have at once, and in a month.</summary>
internal static class QuotaCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var command = new Command("quota", "Say how much users and projects may have, and see what is used of it.")
        {
            QuotaListCommand.Create(access),
            QuotaSetCommand.Create(access),
            QuotaRemoveCommand.Create(access),
        };
        access.AddTo(command);
        return command;
    }

    /// <summary>Whose quota a line names.</summary>
    public static Argument<string> Whose() => new("WHOSE") { Description = "user:NAME or project:NAME; 'user:*' and 'project:*' for all that have none of their own." };

    /// <summary>Takes that apart.</summary>
    /// <exception cref="CommandException">It is neither.</exception>
    public static (string Kind, string Name) Read(string whose) => whose.Split(':', 2) is [("user" or "project") and var kind, { Length: > 0 } name]
        ? (kind, name)
        : throw new CommandException(ExitCode.Usage, $"'{whose}' has no quota; write user:NAME or project:NAME, with * for all.");
}
