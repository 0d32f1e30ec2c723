using Adit.Api;

namespace Adit.Hub.Access;

/// <summary>What hangs on tokens beyond the requests that show them: the runner slice says it.</summary>
internal interface ITokenUse
{
    /// <summary>The runners that were here with a token last, by name.</summary>
    IReadOnlyList<string> RunnersOf(string token);

    /// <summary>What goes on without the hub when a token is revoked: its runners and their tasks.</summary>
    RevokedToken LeftBy(string token);
}
