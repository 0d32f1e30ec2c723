using Adit.Runner.Tunnels;

namespace Adit.Terminal;

/// <summary>Shows what happens to tunnels while they run. May be called from any thread.</summary>
internal abstract class TunnelView : IDisposable
{
    /// <summary>Whether programs' output shall come through <see cref="Show"/>.</summary>
    public virtual bool CapturesPrograms => false;

    /// <summary>Whether it has a use for every request.</summary>
    public virtual bool WantsRequests => false;

    /// <summary>Picks a view that fits standard output.</summary>
    public static TunnelView Create(bool json) =>
        json ? new JsonTunnelView()
        : Screen.IsInteractive ? new LiveTunnelView(Screen.Out, static () => Screen.Width, Screen.HasColor, TimeProvider.System)
        : new PlainTunnelView();

    /// <summary>Shows a report.</summary>
    public abstract void Show(TunnelReport report);

    /// <summary>Shows a remark.</summary>
    public virtual void Note(string text) => Screen.Note(text);

    /// <inheritdoc />
    public virtual void Dispose()
    {
    }
}
