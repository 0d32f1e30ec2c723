using Adit.Hub.Access.Accounts;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Adit.Hub.Access.SignIn;

/// <summary>
/// Hashes and checks passwords with the framework's hasher (PBKDF2, HMAC-SHA-512). Slow by purpose, so only a few run at one time and only
/// so many wait: guesses must not keep the hub from its work.
/// </summary>
internal sealed class Passwords
{
    // The number for this function in the OWASP cheat sheet of 2023; about a tenth of a second.
    private const int Iterations = 210_000;
    private const int MostWaiting = 64;

    private readonly PasswordHasher<Account> _hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = Iterations }));
    private readonly SemaphoreSlim _turn = new(Math.Max(1, Environment.ProcessorCount / 2));
    private readonly Lazy<string> _nobodys;
    private int _waiting;

    public Passwords() => _nobodys = new Lazy<string>(() => _hasher.HashPassword(null!, "the password of nobody"));

    /// <summary>Makes what is kept of a password.</summary>
    /// <exception cref="SignInRefusal">Too many wait.</exception>
    public Task<string> HashAsync(string password) => InTurnAsync(() => _hasher.HashPassword(null!, password));

    /// <summary>Whether a password is the one that a hash was made of. Takes its time for no hash too, so that nobody learns that there is none.</summary>
    /// <exception cref="SignInRefusal">Too many wait.</exception>
    public Task<PasswordVerificationResult> VerifyAsync(string? hash, string password) => InTurnAsync(() =>
    {
        var result = _hasher.VerifyHashedPassword(null!, hash ?? _nobodys.Value, password);
        return hash is null ? PasswordVerificationResult.Failed : result;
    });

    private async Task<T> InTurnAsync<T>(Func<T> work)
    {
        try
        {
            if (Interlocked.Increment(ref _waiting) > MostWaiting)
                throw new SignInRefusal(SignInRefusalCode.Busy, "Too many people sign in at this moment; try again in a few seconds.");
            await _turn.WaitAsync();
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        try
        {
            return await Task.Run(work);
        }
        finally
        {
            _turn.Release();
        }
    }
}
