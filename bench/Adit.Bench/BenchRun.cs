namespace Adit.Bench;

/// <summary>What one run of the bench was asked for.</summary>
/// <param name="Adit">The executable that is measured.</param>
/// <param name="Scratch">A directory that is removed afterwards.</param>
/// <param name="Effort">How long it may take.</param>
internal sealed record BenchRun(string Adit, string Scratch, Effort Effort)
{
    /// <summary>The value for the effort asked for.</summary>
    public T Pick<T>(T quick, T normal, T full) => Effort switch
    {
        Effort.Quick => quick,
        Effort.Full => full,
        _ => normal,
    };

    /// <summary>Says on standard error what is going on.</summary>
    public static void Say(string text) => Console.Error.WriteLine($"  {text}");
}

/// <summary>How long a run may take: a smoke test, figures, or the full lengths.</summary>
internal enum Effort
{
    Quick,
    Normal,
    Full,
}
