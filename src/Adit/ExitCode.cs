namespace Adit;

/// <summary>What the program ends with; part of its contract (docs/reference/cli.md).</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>It failed; standard error says why.</summary>
    public const int Failed = 1;

    /// <summary>
    /// The command line or a configuration file is wrong, or the hub finds what they ask for wrong: a name that cannot be one, say.
    /// </summary>
    public const int Usage = 2;

    /// <summary>No token, or one that may not do this.</summary>
    public const int NotAuthorized = 3;

    /// <summary>What was named does not exist, or the name or port wanted is taken.</summary>
    public const int NotFoundOrTaken = 4;

    /// <summary>The hub cannot be reached, or is no hub.</summary>
    public const int Unreachable = 5;
}
