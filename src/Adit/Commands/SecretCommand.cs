using System.CommandLine;

namespace Adit.Commands;

/// <summary><c>adit secret</c>: passwords and keys that tasks get.</summary>
internal static class SecretCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var command = new Command("secret", "Keep passwords and keys for tasks on the hub. Templates name them; nobody is shown a value.")
        {
            SecretListCommand.Create(access),
            SecretSetCommand.Create(access),
            SecretRemoveCommand.Create(access),
        };
        access.AddTo(command);
        return command;
    }

    /// <summary>The secret that a line names.</summary>
    public static Argument<string> Name() => new("NAME") { Description = "1 to 63 of a-z, 0-9 and hyphens inside." };

    /// <summary>Whose it is.</summary>
    public static Option<string?> Project() => new("--project") { Description = "A project's secret; the hub's otherwise.", HelpName = "NAME" };

    /// <summary>What a secret is called in sentences.</summary>
    public static string Words(string name, string? project) => project is null ? $"secret '{name}' of the hub" : $"secret '{name}' of the project '{project}'";
}
