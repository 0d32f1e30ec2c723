using System.CommandLine;

namespace Adit.Commands;

/// <summary>The whole command tree.</summary>
internal static class AditCommand
{
    /// <summary>
    /// Builds it. The flags of the hub are not made for a line that names no command which has them: a client never loads the hub.
    /// </summary>
    /// <param name="arguments">The line that it shall parse; null for any.</param>
    public static RootCommand Create(IReadOnlyCollection<string>? arguments = null) => new(
        "Adit exposes, reaches and runs what your machines do, through one hub.\n\n"
        + "Exit codes: 0 done, 1 failed, 2 wrong usage, configuration or request, 3 not authorised, 4 not found or taken, "
        + "5 hub unreachable.")
    {
        IsNamed(arguments, HubCommand.Name) ? HubCommand.Create() : new Command(HubCommand.Name, HubCommand.Description),
        IsNamed(arguments, UpCommand.Name) ? UpCommand.Create() : new Command(UpCommand.Name, UpCommand.Description),
        LaunchCommand.Create(),
        PsCommand.Create(),
        LogsCommand.Create(),
        ExecCommand.Create(),
        TaskChangeCommand.Stop(),
        TaskChangeCommand.Restart(),
        TaskChangeCommand.Remove(),
        SnapshotCommand.Create(),
        IdleCommand.Create(),
        ExtendCommand.Create(),
        RunnerCommand.Create(),
        QuotaCommand.Create(),
        UsageCommand.Create(),
        TunnelCommand.Create(),
        ConnectCommand.Create(),
        StatusCommand.Create(),
        DoctorCommand.Create(),
        LoginCommand.Create(),
        LogoutCommand.Create(),
        WhoAmICommand.Create(),
        PasswordCommand.Create(),
        TokenCommand.Create(),
        UserCommand.Create(),
        GroupCommand.Create(),
        ProjectCommand.Create(),
        AuditCommand.Create(),
        AccessCommand.Create(),
        RouteCommand.Create(),
        TemplateCommand.Create(),
        SecretCommand.Create(),
        VolumeCommand.Create(),
        CloneCommand.Create(),
        PushCommand.Create(),
        PullCommand.Create(),
        DiffCommand.Create(),
        CopyCommand.Create(),
        S3Command.Create(),
        StoreCommand.Create(),
        IsNamed(arguments, ConfigCommand.Name) ? ConfigCommand.Create() : new Command(ConfigCommand.Name, ConfigCommand.Description),
        CompletionCommand.Create(),
        VersionCommand.Create(),
    };

    private static bool IsNamed(IReadOnlyCollection<string>? arguments, string name) => arguments is null || arguments.Contains(name);
}
