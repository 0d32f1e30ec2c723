namespace Adit.Hub.Edge.Gate;

/// <summary>Counts what gates decide.</summary>
internal sealed class GateMeter
{
    private long _allowed;
    private long _denied;
    private long _signIn;
    private long _forged;
    private long _dances;
    private long _limited;
    private long _consentsAsked;
    private long _consentsGiven;
    private long _embedEntered;
    private long _embedRefused;
    private long _embedLimited;

    /// <summary>Requests that passed a door which asks.</summary>
    public long Allowed => Interlocked.Read(ref _allowed);

    /// <summary>Requests of somebody who may not, or where a rule refuses everybody.</summary>
    public long Denied => Interlocked.Read(ref _denied);

    /// <summary>Requests that were asked to sign in.</summary>
    public long SignIn => Interlocked.Read(ref _signIn);

    /// <summary>Requests that another site's page caused.</summary>
    public long Forged => Interlocked.Read(ref _forged);

    /// <summary>Requests at public routes that came too fast from their address.</summary>
    public long Limited => Interlocked.Read(ref _limited);

    /// <summary>Visitors who came in by a grant.</summary>
    public long EmbedEntered => Interlocked.Read(ref _embedEntered);

    /// <summary>Visitors whose signature did not count.</summary>
    public long EmbedRefused => Interlocked.Read(ref _embedRefused);

    /// <summary>Visitors and requests beyond what a grant allows.</summary>
    public long EmbedLimited => Interlocked.Read(ref _embedLimited);

    /// <summary>Visitors who came back signed in.</summary>
    public long Dances => Interlocked.Read(ref _dances);

    /// <summary>Visitors who were asked whether an application may learn who they are.</summary>
    public long ConsentsAsked => Interlocked.Read(ref _consentsAsked);

    /// <summary>Those who agreed.</summary>
    public long ConsentsGiven => Interlocked.Read(ref _consentsGiven);

    public void CountAllowed() => Interlocked.Increment(ref _allowed);

    public void CountDenied() => Interlocked.Increment(ref _denied);

    public void CountSignIn() => Interlocked.Increment(ref _signIn);

    public void CountForged() => Interlocked.Increment(ref _forged);

    public void CountLimited() => Interlocked.Increment(ref _limited);

    public void CountEmbedEntered() => Interlocked.Increment(ref _embedEntered);

    public void CountEmbedRefused() => Interlocked.Increment(ref _embedRefused);

    public void CountEmbedLimited() => Interlocked.Increment(ref _embedLimited);

    public void CountDance() => Interlocked.Increment(ref _dances);

    public void CountConsentAsked() => Interlocked.Increment(ref _consentsAsked);

    public void CountConsentGiven() => Interlocked.Increment(ref _consentsGiven);
}
