using System.Globalization;
using System.Net;
using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Access.SignIn;

/// <summary>
/// Slows guessing down without letting a stranger lock anybody out. Tries from where an account is at home (a browser that has signed in to
/// it, an address that it is signed in from) are counted by themselves; those from anywhere else wait for their address and for the
/// account, which only others from anywhere else share.
/// </summary>
internal sealed class SignInThrottle(TimeProvider time)
{
    private readonly DelayTable _homes = new(free: 6, TimeSpan.FromMinutes(1), time);
    private readonly DelayTable _addresses = new(free: 10, TimeSpan.FromMinutes(5), time);
    private readonly DelayTable _accounts = new(free: 10, TimeSpan.FromMinutes(1), time);

    /// <summary>Begins a try.</summary>
    /// <param name="account">Whom it wants to be, as typed.</param>
    /// <param name="address">Where it comes from.</param>
    /// <param name="home">What makes it one from home; null when nothing does.</param>
    /// <exception cref="SignInRefusal">It has to wait.</exception>
    public SignInTry Begin(string account, IPAddress? address, string? home)
    {
        (DelayTable Table, string Key)[] counted = home is null
            ? [(_addresses, ClientNetwork.Of(address).ToString("x", CultureInfo.InvariantCulture)), (_accounts, account)]
            : [(_homes, account + "\n" + home)];
        var wait = counted.Max(static c => c.Table.WaitOf(c.Key));
        if (wait > TimeSpan.Zero)
        {
            var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
            throw new SignInRefusal(
                SignInRefusalCode.Throttled,
                string.Create(CultureInfo.InvariantCulture, $"There were too many tries with wrong passwords; wait {seconds} s and try again."))
            {
                RetryAfter = TimeSpan.FromSeconds(seconds),
            };
        }

        foreach (var (table, key) in counted)
            table.Begin(key);
        return new SignInTry(counted);
    }
}

/// <summary>A try under way. It counts as a wrong guess unless told otherwise.</summary>
internal sealed class SignInTry(IReadOnlyList<(DelayTable Table, string Key)> counted)
{
    /// <summary>It was no guess: right, or nobody could tell. What was wrong before still counts, so that a password of one's own buys no guesses at others'.</summary>
    public void WasNoGuess()
    {
        foreach (var (table, key) in counted)
            table.TakeBack(key);
    }

    /// <summary>It was right, at home: all is forgiven there. Elsewhere the same as <see cref="WasNoGuess"/>.</summary>
    public void WasRight()
    {
        if (counted is [var (table, key)])
            table.Forget(key);
        else
            WasNoGuess();
    }
}
