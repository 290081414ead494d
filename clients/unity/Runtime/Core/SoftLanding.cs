// What takes the jump out when the dance is elsewhere than the figure: the difference, which melts away.
using System;

namespace Groovecast
{
    /// <summary>Keeps how far the shown pose is from the dance, and lets that go in 150 ms.</summary>
    internal sealed class SoftLanding
    {
        public const double TakesS = 0.15;

        private Vec3 _rootM;
        private Quat[] _turns = new Quat[0];
        private int _joints;
        private double _leftS;

        /// <summary>Forget the difference: what comes is shown as it is.</summary>
        public void Clear()
        {
            _leftS = 0;
        }

        /// <summary>The figure is at `shown` while the dance is at `dance`: begin to bring it there.</summary>
        public void Begin(ShownPose shown, ShownPose dance)
        {
            _joints = Math.Min(shown.JointCount, dance.JointCount);
            if (_turns.Length < _joints)
            {
                _turns = new Quat[_joints];
            }
            _rootM = shown.RootM - dance.RootM;
            for (int joint = 0; joint < _joints; joint++)
            {
                _turns[joint] = dance.LocalQuat[joint].Inverse * shown.LocalQuat[joint];
            }
            _leftS = TakesS;
        }

        /// <summary>Time goes on by so much: the rest of the difference is put onto a pose of the dance.</summary>
        public void Land(ShownPose pose, double elapsedS)
        {
            if (_leftS <= 0)
            {
                return;
            }
            double stays = Math.Max(0, (_leftS - elapsedS) / _leftS);
            _leftS -= elapsedS;
            if (stays <= 0)
            {
                _leftS = 0;
                return;
            }
            _rootM = _rootM * (float)stays;
            pose.RootM = pose.RootM + _rootM;
            for (int joint = 0; joint < Math.Min(_joints, pose.JointCount); joint++)
            {
                _turns[joint] = Quat.Exp(Quat.Log(_turns[joint]) * (float)stays);
                pose.LocalQuat[joint] = (pose.LocalQuat[joint] * _turns[joint]).Normalised;
            }
        }
    }
}
