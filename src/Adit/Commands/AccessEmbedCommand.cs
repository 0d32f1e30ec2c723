using System.CommandLine;

namespace Adit.Commands;

/// <summary><c>adit access embed</c>.</summary>
internal static class AccessEmbedCommand
{
    public static Command Create(HubAccessOptions access) =>
        new("embed", "Let pages of other sites show a tunnel in a frame.")
        {
            AccessEmbedAddCommand.Create(access), AccessEmbedListCommand.Create(access), AccessEmbedRemoveCommand.Create(access),
        };
}
