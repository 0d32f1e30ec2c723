using System.CommandLine;

namespace Adit.Commands;

/// <summary><c>adit access consents</c>: which applications of others one lets learn who one is.</summary>
internal static class AccessConsentsCommand
{
    public static Command Create(HubAccessOptions access) => new("consents", "See and take back which applications of others learn who you are.")
    {
        AccessConsentsListCommand.Create(access),
        AccessConsentsRemoveCommand.Create(access),
    };
}
